using LoraHub.Modules.Cards;

namespace LoraHub.Modules.Tests.Cards;

public sealed class CardSummaryTests
{
    [Theory]
    [InlineData("---\ntags: [a]\n---\n# Name\n\nEnglish words to *French*.\nMore.", "English words to *French*.")]
    [InlineData("- a list\n> a quote\n| a | table |\n```\n<img>\n  Prose at last. ", "Prose at last.")]
    [InlineData("# Name\n\n- only a list", null)]
    [InlineData("", null)]
    public void The_summary_is_the_first_line_of_prose(string card, string? summary) => Assert.Equal(summary, CardSummary.Of(card));

    [Fact]
    public void A_long_line_is_cut_and_no_character_is_halved()
    {
        var summary = CardSummary.Of(new string('a', 299) + "🐈🐈");

        Assert.Equal(new string('a', 299) + "…", summary);
    }
}
