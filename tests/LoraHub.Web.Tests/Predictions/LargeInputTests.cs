using System.Globalization;
using System.Text.Json.Nodes;
using Bunit;
using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Web.Predictions;

namespace LoraHub.Web.Tests.Predictions;

/// <summary>A page of a run that has ended is small however large its input is: slow readers keep it in memory.</summary>
public sealed class LargeInputTests : BunitContext
{
    const int Characters = 5_000_000, Rows = 50_000;

    [Fact]
    public void Long_texts_are_cut_and_say_how_much_is_left_out()
    {
        var text = new string('x', Characters);
        var page = Show(new JsonObject
        {
            [InputSchema.ExampleInputs] = new JsonArray(text),
            [InputSchema.ExampleOutputs] = new JsonArray("b"),
            [InputSchema.TestInputs] = text,
        });

        Assert.InRange(page.Markup.Length, 1, 100_000);
        Assert.EndsWith($"… ({Characters - ShownText.Most} more characters)", page.Find("td").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Many_rows_are_cut_and_the_page_links_to_all_of_them()
    {
        var many = () => new JsonArray([.. Enumerable.Repeat("one", Rows).Select(text => (JsonNode)text)]);
        var page = Show(new JsonObject
        {
            [InputSchema.ExampleInputs] = many(),
            [InputSchema.ExampleOutputs] = many(),
            [InputSchema.TestInputs] = many(),
        });

        Assert.InRange(page.Markup.Length, 1, 500_000);
        var shown = page.FindAll("tbody tr").Count;
        Assert.InRange(shown, 100, Rows - 1);
        var hint = page.Find("table + p.hint");
        Assert.StartsWith((Rows - shown).ToString("N0", CultureInfo.InvariantCulture), hint.TextContent.Trim(), StringComparison.Ordinal);
        Assert.StartsWith("/v1/predictions/", hint.QuerySelector("a")!.GetAttribute("href"), StringComparison.Ordinal);
    }

    IRenderedComponent<GivenInput> Show(JsonObject input) =>
        Render<GivenInput>(one => one.Add(shown => shown.Prediction, Some.Succeeded(new PredictionOutput(), input)));
}
