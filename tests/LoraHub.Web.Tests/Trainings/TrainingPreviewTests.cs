using Bunit;
using LoraHub.Core.Trainings;
using LoraHub.Web.Trainings;

namespace LoraHub.Web.Tests.Trainings;

public sealed class TrainingPreviewTests : BunitContext
{
    static readonly DataPreview Words = new()
    {
        Examples = 1200,
        Format = "CSV, separated by commas",
        Columns = ("prompt", "completion"),
        Ignored = ["id"],
        First = [new TrainingExample("mimsy ; fork ;", "fourchette")],
        LongestInput = 2500,
        LongestTarget = 12,
        MostTokens = 512,
        IsCutComplete = true,
        Steps = 450,
    };

    [Fact]
    public void It_names_the_number_the_columns_the_longest_texts_and_the_steps() => Assert.Equal(
        [
            "1,200 examples. CSV, separated by commas, with the columns prompt and completion. Not read: id.",
            "The longest input has 2,500 characters, the longest right answer 12.",
            "Nothing is cut: no text has more than 512 tokens.",
            "About 450 steps.",
        ],
        Lines(Words));

    [Theory]
    [InlineData(true, "3 of them have a text of 512 tokens or more, which is cut. Raise max_tokens to keep it.")]
    [InlineData(false, "At least 3 of them have a text of 512 tokens or more, which is cut. Raise max_tokens to keep it.")]
    public void What_would_be_cut_is_counted(bool isComplete, string words) =>
        Assert.Contains(words, Lines(Words with { Cut = 3, IsCutComplete = isComplete }));

    [Fact]
    public void A_bad_line_stands_above_the_examples_before_it()
    {
        var preview = Show(Words with { Examples = 2, Problem = "Line 3 is not valid JSON." });

        Assert.Equal("Line 3 is not valid JSON. The 2 examples before it can be read.", preview.Find("[role=alert]").TextContent);
        Assert.Single(preview.FindAll("tbody tr"));
    }

    [Fact]
    public void A_text_is_shown_as_text_and_a_long_one_in_part()
    {
        var preview = Show(Words with { First = [new TrainingExample("<script>alert(1)</script>", new string('x', 400))] });

        Assert.Empty(preview.FindAll("script"));
        Assert.Equal(301, preview.Find("tbody td:last-child").TextContent.Length);
    }

    IRenderedComponent<TrainingPreview> Show(DataPreview data) => Render<TrainingPreview>(preview => preview.Add(one => one.Preview, data));

    IEnumerable<string> Lines(DataPreview data) => Show(data).FindAll("li")
        .Select(line => string.Join(' ', line.TextContent.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)));
}
