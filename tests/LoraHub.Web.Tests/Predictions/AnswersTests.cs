using System.Text.Json.Nodes;
using Bunit;
using LoraHub.Core.Predictions;
using LoraHub.Web.Predictions;

namespace LoraHub.Web.Tests.Predictions;

public sealed class AnswersTests : BunitContext
{
    static readonly PredictionOutput Output = new()
    {
        Predictions = ["mer", "lit"],
        ZeroShot = ["sea", "lit"],
        Accuracy = new AccuracyReport(50, 100),
    };

    [Fact]
    public void Answers_are_marked_by_a_word_where_the_right_one_is_known()
    {
        var table = Show(Output, new JsonObject { ["test_inputs"] = "sea\nbed", ["test_outputs"] = "mer\nlit" });

        Assert.Equal(
            [["sea", "sea ✗ wrong", "mer ✓ right", "mer"], ["bed", "lit ✓ right", "lit ✓ right", "lit"]],
            table.FindAll("tbody tr").Select(row => row.Children.Select(cell => cell.TextContent.Trim())));
        Assert.Contains("100 % adapted", table.Find("caption").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Whether_an_answer_is_right_is_decided_as_the_accuracy_is()
    {
        var input = new JsonObject { ["test_inputs"] = "sea\nbed", ["test_outputs"] = "MER.\nlit" };

        var table = Render<Answers>(answers => answers
            .Add(one => one.Prediction, Some.Succeeded(Output, input))
            .Add(one => one.IsRight, (answer, expected) => string.Equals($"{answer}.", expected, StringComparison.OrdinalIgnoreCase)));

        Assert.Equal(["mer ✓ right", "lit ✗ wrong"], table.FindAll("td[data-label=adapted]").Select(cell => cell.TextContent.Trim()));
    }

    [Fact]
    public void Without_right_answers_nothing_is_marked_and_the_column_is_missing()
    {
        var table = Show(Output with { Accuracy = null }, new JsonObject { ["test_inputs"] = new JsonArray("sea", "bed") });

        Assert.Equal([["sea", "sea", "mer"], ["bed", "lit", "lit"]],
            table.FindAll("tbody tr").Select(row => row.Children.Select(cell => cell.TextContent.Trim())));
        Assert.Empty(table.FindAll(".mark"));
    }

    [Fact]
    public void Every_cell_has_its_label_for_narrow_screens() => Assert.Equal(
        ["without modules", "adapted", "right answer"],
        Show(Output, new JsonObject { ["test_inputs"] = "sea\nbed", ["test_outputs"] = "mer\nlit" })
            .FindAll("tbody tr:first-child td").Select(cell => cell.GetAttribute("data-label")!));

    [Fact]
    public void Markup_in_an_answer_is_text()
    {
        var table = Show(Output with { Predictions = ["<script>alert(1)</script>", "b"] }, new JsonObject { ["test_inputs"] = "<b>sea</b>\nbed" });

        Assert.Empty(table.FindAll("script, b"));
        Assert.Contains("<script>", table.Find("td[data-label=adapted]").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_test_inputs_there_is_nothing() => Assert.Empty(Show(new PredictionOutput(), []).Nodes);

    IRenderedComponent<Answers> Show(PredictionOutput output, JsonObject input) => Render<Answers>(answers => answers
        .Add(one => one.Prediction, Some.Succeeded(output, input))
        .Add(one => one.IsRight, (answer, expected) => answer == expected));
}
