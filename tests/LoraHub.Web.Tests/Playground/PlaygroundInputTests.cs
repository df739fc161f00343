using System.Text.Json.Nodes;
using Bunit;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Web.Playground;

namespace LoraHub.Web.Tests.Playground;

public sealed class PlaygroundInputTests : BunitContext
{
    [Theory]
    [InlineData("""{"example_inputs": "a\nb", "example_outputs": "1\n2"}""")]
    [InlineData("""{"example_inputs": ["a", "b"], "example_outputs": ["1", "2"]}""")]
    [InlineData("""{"example_inputs": "[\"a\", \"b\"]", "example_outputs": "1\n2\n"}""")]
    public void Examples_become_rows_however_they_came(string input) => Assert.Equal([("a", "1"), ("b", "2")], Of(input).Examples);

    [Fact]
    public void A_cell_may_hold_several_lines() =>
        Assert.Equal([("one\ntwo", "x")], Of("""{"example_inputs": ["one\ntwo"], "example_outputs": ["x"]}""").Examples);

    [Fact]
    public void Columns_of_different_lengths_keep_all_cells() =>
        Assert.Equal([("a", "1"), ("", "2")], Of("""{"example_inputs": ["a"], "example_outputs": ["1", "2"]}""").Examples);

    [Fact]
    public void Without_examples_there_are_those_that_the_composer_took()
    {
        Assert.Equal(["(C)", "(E)", "(F)"], Of("{}").Examples.Select(example => example.Output));
        Assert.Empty(Of("""{"adapter": "some"}""").Examples);
        Assert.Empty(Of("""{"example_inputs": []}""").Examples); // a form that was sent empty
    }

    [Fact]
    public void The_other_inputs_are_as_they_were_given_and_else_empty()
    {
        var input = Of("""{"seed": 7, "module_weights": {"a/b": 0.5}, "method": "best"}""");

        Assert.Equal(("7", """{"a/b":0.5}""", "best", ""),
            (input.Text("seed"), input.Text("module_weights"), input.Text("method"), input.Text("max_inference_step")));
    }

    [Fact]
    public void Every_input_of_the_composer_is_on_the_page_once()
    {
        var page = Render<PlaygroundPage>(form => form.Add(one => one.Viewer, Some.Viewer).Add(one => one.Input, Preset.All[0].Input));

        var names = page.FindAll("[name]").Select(field => field.GetAttribute("name")!).Distinct();
        Assert.Superset(InputSchema.Fields.Select(field => field.Name).ToHashSet(), names.ToHashSet());
        Assert.All(
            InputGroups.All.SelectMany(group => group.Fields), field => Assert.Single(page.FindAll($"[name={field.Name}]")));
    }

    [Fact]
    public void Fields_that_were_not_given_are_sent_empty_so_that_a_method_can_set_them()
    {
        var page = Render<PlaygroundPage>(form => form.Add(one => one.Viewer, Some.Viewer).Add(one => one.Input, Preset.All[0].Input));

        Assert.All(page.FindAll(".more select"), select => Assert.Empty(select.QuerySelectorAll("option[selected]")));
        Assert.All(page.FindAll(".more select"), select => Assert.Equal("", select.QuerySelector("option")!.GetAttribute("value")));
        Assert.All(page.FindAll(".more input"), input => Assert.Equal("", input.GetAttribute("value")));
    }

    [Fact]
    public void An_error_is_beside_its_field_and_the_summary_leads_to_it()
    {
        var page = Render<PlaygroundPage>(form => form
            .Add(one => one.Viewer, Some.Viewer)
            .Add(one => one.Input, Of("""{"seed": "abc"}"""))
            .Add(one => one.Errors, [new InputError("seed", "It is no number.", InputErrorKind.WrongType)]));

        var seed = page.Find("#seed");
        Assert.Equal(("abc", "true"), (seed.GetAttribute("value"), seed.GetAttribute("aria-invalid")));
        Assert.Contains(page.Find("p.error").Id!, seed.GetAttribute("aria-describedby")!.Split(' '));
        Assert.Equal("#seed", page.Find("[role=alert] a").GetAttribute("href"));
        Assert.True(page.Find("details.more").HasAttribute("open"));
    }

    [Fact]
    public void The_presets_can_be_run_as_they_stand() => Assert.All(Preset.All, preset =>
    {
        var cells = preset.Input.Examples.Concat(preset.Input.Tests);
        Assert.All(cells, cell => Assert.True(cell is { Input.Length: > 0, Output.Length: > 0 }));
        Assert.Equal("tuned", preset.Input.Text("method"));
    });

    static PlaygroundInput Of(string json) => PlaygroundInput.Of(JsonNode.Parse(json)!.AsObject());
}
