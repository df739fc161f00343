using Bunit;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Web.Playground;

namespace LoraHub.Web.Tests.Playground;

public sealed class ExampleTableTests : BunitContext
{
    [Fact]
    public void An_error_marks_the_empty_cells_it_is_about()
    {
        var table = Render<ExampleTable>(form => form
            .Add(one => one.InputField, "example_inputs")
            .Add(one => one.OutputField, "example_outputs")
            .Add(one => one.Examples, [("", "alone"), ("a", "b"), ("c", "")])
            .Add(one => one.Errors, [new InputError("example_inputs", "Row 1 is without an input.", InputErrorKind.Invalid)]));

        Assert.Equal(["input 1"], table.FindAll("[aria-invalid=true]").Select(cell => cell.GetAttribute("aria-label")));
    }
}
