using System.Text.Json.Serialization;
using LoraHub.Core.Predictions;

namespace LoraHub.Api.Predictions;

/// <summary>
/// A prediction's output with the URLs of its files. Both APIs, streams and webhooks use this shape. Properties that do not apply are absent.
/// </summary>
public sealed record WireOutput
{
    /// <summary>URL of <c>adapter.zip</c>, a PEFT adapter with its model card.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Adapter { get; init; }

    /// <summary>URL of <c>checkpoint.zip</c>, the merged model as a Hugging Face folder.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Checkpoint { get; init; }

    /// <summary>URL of <c>trace.json</c>, the <see cref="SearchTrace"/>; absent without a search.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Trace { get; init; }

    /// <inheritdoc cref="PredictionOutput.Composition"/>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Composition { get; init; }

    /// <inheritdoc cref="PredictionOutput.Weights"/>
    public required IReadOnlyList<ModuleWeight> Weights { get; init; }

    /// <inheritdoc cref="PredictionOutput.Loss"/>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public LossReport? Loss { get; init; }

    /// <inheritdoc cref="PredictionOutput.Predictions"/>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Predictions { get; init; }

    /// <inheritdoc cref="PredictionOutput.ZeroShot"/>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? ZeroShot { get; init; }

    /// <inheritdoc cref="PredictionOutput.Accuracy"/>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public AccuracyReport? Accuracy { get; init; }

    /// <inheritdoc cref="PredictionOutput.Controls"/>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ControlReport? Controls { get; init; }

    /// <returns>Null when the prediction has no output.</returns>
    internal static WireOutput? Of(Prediction prediction) => prediction.Output is { } output ? Of(output, prediction.Origin) : null;

    /// <param name="origin">See <see cref="CreatedPrediction.Origin"/>.</param>
    internal static WireOutput Of(PredictionOutput output, string origin)
    {
        var urls = new ResultUrls(origin);
        return new()
        {
            Adapter = urls.Of(output.Adapter, ResultUrls.Adapter),
            Checkpoint = urls.Of(output.Checkpoint, ResultUrls.Checkpoint),
            Trace = urls.Of(output.Trace, ResultUrls.Trace),
            Composition = output.Composition,
            Weights = output.Weights,
            Loss = output.Loss,
            Predictions = output.Predictions,
            ZeroShot = output.ZeroShot,
            Accuracy = output.Accuracy,
            Controls = output.Controls,
        };
    }
}
