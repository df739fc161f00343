using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Web.Playground;

namespace LoraHub.Web.Predictions;

/// <summary>Predictions that answer one prompt. Their pages show the answer first.</summary>
static class PromptRun
{
    /// <summary>Whether it is a call of a text model, or a prompt to an earlier result.</summary>
    public static bool Is(Prediction prediction) => prediction.Kind == PredictionKind.Generate
        || (prediction.Input[InputSchema.Adapter] is not null
            && prediction.Input[InputSchema.ExampleInputs] is null
            && PlaygroundInput.Of(prediction.Input).Tests.Count == 1);

    public static string PromptOf(Prediction prediction) => prediction.Kind == PredictionKind.Generate
        ? PlaygroundInput.Text(prediction.Input[PromptSchema.Prompt])
        : PlaygroundInput.Of(prediction.Input).Tests[0].Input;

    /// <summary>The id of the prediction whose result answers; null where that is a module, or is named by the URL of its file.</summary>
    public static string? SourceOf(Prediction prediction) =>
        PlaygroundInput.Text(prediction.Input[InputSchema.Adapter]).Trim() is { Length: > 0 } adapter
        && !adapter.Contains('/', StringComparison.Ordinal)
            ? adapter
            : null;
}
