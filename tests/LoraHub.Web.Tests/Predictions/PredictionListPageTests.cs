using System.Text.Json.Nodes;
using Bunit;
using LoraHub.Core.Predictions;
using LoraHub.Web.Predictions;

namespace LoraHub.Web.Tests.Predictions;

public sealed class PredictionListPageTests : BunitContext
{
    static readonly Prediction Search = Run(new() { ["example_inputs"] = new JsonArray("mer"), ["example_outputs"] = new JsonArray("sea") }),
        Prompt = Run(new() { ["adapter"] = "abc", ["test_inputs"] = new JsonArray("un\ndeux") }),
        Call = Run(new() { ["prompt"] = new string('x', 100) }, PredictionKind.Generate);

    [Fact]
    public void Each_says_what_it_is_and_how_its_input_begins() => Assert.Equal(
        ["search mer → sea", "prompt un deux", $"prompt {new string('x', 60)}…"],
        Show(Search, Prompt, Call).FindAll("[data-label=kind]").Select(cell =>
            $"{cell.FirstChild!.TextContent.Trim()} {cell.QuerySelector("span")!.TextContent}"));

    [Fact]
    public void Only_searches_are_compared_and_other_rows_have_no_label_for_it()
    {
        var page = Show(Search, Search, Prompt, Call);

        Assert.Equal(4, page.FindAll("input[type=radio]").Count);
        Assert.Equal(2, page.FindAll("[data-label=compare]").Count);
    }

    static Prediction Run(JsonObject input, PredictionKind kind = PredictionKind.Compose) => Some.Succeeded(new PredictionOutput(), input, kind);

    IRenderedComponent<PredictionListPage> Show(params Prediction[] predictions) => Render<PredictionListPage>(list => list
        .Add(one => one.Viewer, Some.Viewer)
        .Add(one => one.Predictions, predictions)
        .Add(one => one.Composer, "lorahub/lorahub"));
}
