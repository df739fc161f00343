using System.Text.Json.Serialization;

namespace LoraHub.Core.Predictions;

/// <summary>What gradient steps on a composed adapter did.</summary>
/// <param name="Steps">Each on all few-shot examples.</param>
/// <param name="ComposedLoss">Mean loss of the examples' target tokens under the composition that the steps began with.</param>
/// <param name="Loss">The same under the tuned adapter.</param>
public sealed record TuningOutcome(
    [property: JsonPropertyName("steps")] int Steps,
    [property: JsonPropertyName("composed_loss")] double ComposedLoss,
    [property: JsonPropertyName("loss")] double Loss);
