using System.Text.Json.Serialization;

namespace LoraHub.Core.Predictions;

/// <summary>What else could have been done with the same examples; what cannot be told is absent.</summary>
public sealed record ControlReport
{
    /// <summary>The base model without modules.</summary>
    [JsonPropertyName("zero_shot")]
    public required ControlResult ZeroShot { get; init; }

    /// <summary>The one module that costs the examples least, at w = 1.</summary>
    [JsonPropertyName("best_single")]
    public required SingleControl BestSingle { get; init; }

    /// <summary>All composed modules, each at w = 1/N.</summary>
    [JsonPropertyName("uniform_mean")]
    public required ControlResult UniformMean { get; init; }

    /// <summary>The same search on modules of random directions with the same norms.</summary>
    [JsonPropertyName("random_directions")]
    public required ControlResult RandomDirections { get; init; }

    /// <summary>Where there are no test outputs.</summary>
    [JsonPropertyName("leave_one_out"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public LeftOut? LeaveOneOut { get; init; }

    /// <summary>What could not be told, and why.</summary>
    [JsonPropertyName("missing"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Missing { get; init; }
}

/// <param name="Loss">The objective's value on the examples; absent when it is no finite number.</param>
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

/// <summary>Exact match in percent on examples that were left out in turn, of all that was done without them.</summary>
/// <param name="Examples">How many were left out.</param>
public sealed record LeftOut(
    [property: JsonPropertyName("examples")] int Examples,
    [property: JsonPropertyName("zero_shot")] double ZeroShot,
    [property: JsonPropertyName("best_single")] double BestSingle,
    [property: JsonPropertyName("adapted")] double Adapted);
