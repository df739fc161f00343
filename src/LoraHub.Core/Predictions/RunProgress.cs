using System.Text.Json.Serialization;

namespace LoraHub.Core.Predictions;

/// <summary>How far a search or a training is.</summary>
/// <param name="Done">Finished evaluations or steps, at most <paramref name="Total"/>.</param>
/// <param name="Loss">The loss of the last one, or null when it was not finite.</param>
/// <remarks>The names in the attributes are those of the stored JSON: they must never change.</remarks>
public sealed record RunProgress(
    [property: JsonPropertyName("done")] int Done,
    [property: JsonPropertyName("total")] int Total,
    [property: JsonPropertyName("loss"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? Loss)
{
    /// <summary>The phase of gradient steps after a search.</summary>
    public const string Tuning = "tuning";

    /// <summary>Whether it is an evaluation of a search, not a step by gradient.</summary>
    [JsonIgnore]
    public bool IsSearch => TokensPerSecond is null && Validation is null && Phase is null;

    /// <summary>Whether it is one of the gradient steps after a search.</summary>
    [JsonIgnore]
    public bool IsTuning => Phase == Tuning;

    /// <summary>Null in a search, and in a training; else <see cref="Tuning"/>. <see cref="Done"/> counts from 1 in each phase.</summary>
    [JsonPropertyName("phase"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Phase { get; init; }

    /// <summary>The lowest loss of the search so far; null in a training.</summary>
    [JsonPropertyName("best"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Best { get; init; }

    /// <summary>The loss on the data to validate on, if it was measured after this step.</summary>
    [JsonPropertyName("validation"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Validation { get; init; }

    /// <summary>The tokens that a training reads in a second, on average so far.</summary>
    [JsonPropertyName("speed"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? TokensPerSecond { get; init; }

    /// <summary>The weights of the best loss, when this evaluation found it.</summary>
    [JsonPropertyName("weights"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<ModuleWeight>? Weights { get; init; }

    /// <summary>The number as JSON can hold it.</summary>
    public static double? Finite(double value) => double.IsFinite(value) ? value : null;
}
