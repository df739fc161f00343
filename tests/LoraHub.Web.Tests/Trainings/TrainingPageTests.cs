using System.Text.Json.Nodes;
using Bunit;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Web.Playground;
using LoraHub.Web.Trainings;

namespace LoraHub.Web.Tests.Trainings;

/// <summary>The form of a new training.</summary>
public sealed class TrainingPageTests : BunitContext
{
    [Theory]
    [InlineData("destination")]
    [InlineData("train_data")]
    [InlineData("init_from")]
    [InlineData("epochs")]
    [InlineData("dropout")] // in a closed section
    [InlineData("seed")] // in another one
    public void An_error_is_at_its_field_and_the_summary_leads_to_it(string field)
    {
        var page = Show(new InputError(field, "It is wrong.", InputErrorKind.Invalid));

        var input = page.Find($"#{field}");
        var error = page.Find($"#{field}-error");
        Assert.Equal("true", input.GetAttribute("aria-invalid"));
        Assert.Contains(error.Id!, input.GetAttribute("aria-describedby")!.Split(' '));
        Assert.Equal("It is wrong.", error.TextContent.Trim());
        Assert.Equal($"#{field}", page.Find("[role=alert] a").GetAttribute("href"));
        Assert.All(page.FindAll($"details:has(#{field})"), section => Assert.True(section.HasAttribute("open")));
    }

    [Fact]
    public void Without_examples_the_table_is_empty_and_closed()
    {
        var page = Show();

        Assert.All(page.FindAll("[name=example_inputs], [name=example_outputs]"), cell => Assert.Equal("", cell.TextContent));
        Assert.All(page.FindAll("details"), section => Assert.False(section.HasAttribute("open")));
    }

    [Fact]
    public void What_is_wrong_with_the_data_is_said_at_its_field_too()
    {
        var page = Render<TrainingPage>(form => form
            .Add(one => one.Viewer, Some.Viewer)
            .Add(one => one.Draft, TrainingDraft.Empty)
            .Add(one => one.Preview, new DataPreview { Problem = "Line 2 has no `input`." }));

        Assert.Equal("true", page.Find("#train_data").GetAttribute("aria-invalid"));
        Assert.Equal("Line 2 has no input.", page.Find("#train_data-error").TextContent.Trim());
    }

    IRenderedComponent<TrainingPage> Show(params InputError[] errors) => Render<TrainingPage>(form => form
        .Add(one => one.Viewer, Some.Viewer)
        .Add(one => one.Draft, new TrainingDraft("me/x", [], PlaygroundInput.AsGiven(new JsonObject()), null))
        .Add(one => one.Errors, errors));
}
