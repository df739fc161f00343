using LoraHub.Core.Predictions.Inputs;
using LoraHub.Web.Playground;

namespace LoraHub.Web.Tests.Playground;

public sealed class InputWordsTests
{
    [Theory]
    [InlineData("max_inference_step", InputErrorKind.WrongType, "\"abc\" is not of type \"integer\"", "Enter a whole number from 10 to 100.")]
    [InlineData("max_inference_step", InputErrorKind.TooSmall, "-1 is less than the minimum of 10", "Enter a whole number from 10 to 100.")]
    [InlineData("seed", InputErrorKind.WrongType, "1e99 is not of type \"integer\"", "Enter a whole number.")]
    [InlineData("learning_rate", InputErrorKind.TooLarge, "7 is greater than the maximum of 1", "Enter a number from 0 to 1.")]
    [InlineData("alpha", InputErrorKind.WrongType, "x", "Enter a number from 0.001 to 10,000.")]
    [InlineData("prompt", InputErrorKind.Required, "prompt is required", "Write a prompt.")]
    [InlineData("train_data", InputErrorKind.Required, "Give the data, or …", "Give a file, text, or a table of examples.")]
    [InlineData("destination", InputErrorKind.Invalid, "destination must be the owner/name of a module", "Enter the owner/name of a module.")]
    [InlineData("reason", InputErrorKind.Invalid, "reason is required: one line", "Enter one line.")]
    [InlineData("adapter", InputErrorKind.Invalid, "`a/b` is not recognized.", "`a/b` is not a module of the library.")]
    [InlineData("adapter", InputErrorKind.Invalid, "It has expired.", "It has expired.")]
    public void An_error_says_what_to_enter(string field, InputErrorKind kind, string message, string words) =>
        Assert.Equal(words, InputWords.Of(new InputError(field, message, kind)));
}
