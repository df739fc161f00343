using System.Text.Json.Serialization;

namespace LoraHub.Core.Predictions;

/// <summary>Results of the controls on the same examples; controls that could not be computed are absent.</summary>
public sealed record ControlReport
{
    /// <summary>The base model without modules.</summary>
    [JsonPropertyName("zero_shot")]
    public required ControlResult ZeroShot { get; init; }

    /// <summary>The single module with the lowest loss on the examples, at w = 1.</summary>
    [JsonPropertyName("best_single")]
    public required SingleControl BestSingle { get; init; }

    /// <summary>All composed modules, each at w = 1/N.</summary>
    [JsonPropertyName("uniform_mean")]
    public required ControlResult UniformMean { get; init; }

    /// <summary>The same search on random directions with the modules' norms.</summary>
    [JsonPropertyName("random_directions")]
    public required ControlResult RandomDirections { get; init; }

    /// <summary>The composition before the gradient steps; absent if the method has none, as the two that follow.</summary>
    [JsonPropertyName("composed"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ControlResult? Composed { get; init; }

    /// <summary>
    /// The same steps on a new LoRA of the same layers and rank, as PEFT initializes it, at a rate of its own: tuning without modules
    /// (docs/methods.md).
    /// </summary>
    [JsonPropertyName("tuned_from_zero"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ControlResult? TunedFromZero { get; init; }

    /// <summary>The same steps on the best single module.</summary>
    [JsonPropertyName("tuned_from_best_single"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public SingleControl? TunedFromBestSingle { get; init; }

    /// <summary>Only without test outputs.</summary>
    [JsonPropertyName("leave_one_out"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public LeftOut? LeaveOneOut { get; init; }

    /// <summary>Which controls are missing, and why.</summary>
    [JsonPropertyName("missing"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Missing { get; init; }
}

/// <param name="Loss">The objective's value on the examples; absent when it is not finite.</param>
/// <param name="Accuracy">Exact match on the test outputs in percent; absent without them.</param>
public sealed record ControlResult(
    [property: JsonPropertyName("loss"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? Loss,
    [property: JsonPropertyName("accuracy"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? Accuracy);

/// <param name="Loss">As in <see cref="ControlResult"/>.</param>
/// <param name="Accuracy">As in <see cref="ControlResult"/>.</param>
public sealed record SingleControl(
    [property: JsonPropertyName("module")] string Module,
    [property: JsonPropertyName("loss"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? Loss,
    [property: JsonPropertyName("accuracy"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? Accuracy);

/// <summary>Leave-one-out accuracy: exact match in percent on each example, adapted without it.</summary>
/// <param name="Examples">The number of examples left out.</param>
public sealed record LeftOut(
    [property: JsonPropertyName("examples")] int Examples,
    [property: JsonPropertyName("zero_shot")] double ZeroShot,
    [property: JsonPropertyName("best_single")] double BestSingle,
    [property: JsonPropertyName("adapted")] double Adapted);
