using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using LoraHub.Core.Optimization;

namespace LoraHub.Core.Predictions;

/// <summary>Every evaluation of a prediction's search. It contains times, so that equal requests still have different traces.</summary>
public sealed record SearchTrace
{
    // The trace is a separate file, never embedded in HTML.
    static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [JsonPropertyName("base_model")]
    public required string BaseModel { get; init; }

    /// <summary>The seed of the draw and of the optimizer.</summary>
    [JsonPropertyName("seed")]
    public required long Seed { get; init; }

    /// <summary>The maximum number of evaluations.</summary>
    [JsonPropertyName("budget")]
    public required int Budget { get; init; }

    /// <summary>The input's value, as for <see cref="Objective"/> and <see cref="Optimizer"/>.</summary>
    [JsonPropertyName("composition")]
    public required string Composition { get; init; }

    [JsonPropertyName("objective")]
    public required string Objective { get; init; }

    [JsonPropertyName("optimizer")]
    public required string Optimizer { get; init; }

    /// <summary>In the order of the weights.</summary>
    [JsonPropertyName("modules")]
    public required IReadOnlyList<TracedModule> Modules { get; init; }

    /// <summary>The slopes of the whole pool, in its order; absent when modules were not ranked by slope.</summary>
    [JsonPropertyName("slopes"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<TracedSlope>? Slopes { get; init; }

    /// <summary>The evaluations that selected modules before the search, in order; absent when the examples did not select them.</summary>
    [JsonPropertyName("screens"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<TracedScreen>? Screens { get; init; }

    /// <summary>In evaluation order.</summary>
    [JsonPropertyName("steps")]
    public required IReadOnlyList<TraceStep> Steps { get; init; }

    /// <summary>The gradient steps after the search, in order; absent if there were none.</summary>
    [JsonPropertyName("tuning"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<TracedTuning>? Tuning { get; init; }

    /// <summary>Writes the trace as JSON, one module or step per line; numbers round-trip exactly.</summary>
    public void Write(Stream stream)
    {
        var fields = JsonSerializer.SerializeToNode(this, Plain)!.AsObject().Select(field => $"  \"{field.Key}\": {Lines(field.Value!)}");
        stream.Write(Encoding.UTF8.GetBytes($"{{\n{string.Join(",\n", fields)}\n}}\n"));
    }

    static string Lines(JsonNode value) => value is JsonArray rows
        ? $"[\n{string.Join(",\n", rows.Select(row => $"    {row!.ToJsonString(Plain)}"))}\n  ]"
        : value.ToJsonString(Plain);
}

/// <param name="Digest">The version's digest, see <c>ModuleFiles.Digest</c>.</param>
public sealed record TracedModule(
    [property: JsonPropertyName("id")] string Id,
    [property: JsonPropertyName("digest")] string Digest);

/// <summary>How the loss on the examples changes with one module's weight at w = 0.</summary>
/// <param name="Slope">The derivative of the mean token loss divided by the norm of the module's update; null when it was not finite.</param>
public sealed record TracedSlope(
    [property: JsonPropertyName("module")] string Module,
    [property: JsonPropertyName("slope")] double? Slope);

/// <summary>One evaluation of several modules, each at w = 1, on a part of the examples.</summary>
/// <param name="Part">Counted from 0.</param>
/// <param name="Loss">Mean token loss, or null when it was not finite.</param>
/// <param name="Seconds">From the start of the search to the end of this pass.</param>
public sealed record TracedScreen(
    [property: JsonPropertyName("modules")] IReadOnlyList<string> Modules,
    [property: JsonPropertyName("part")] int Part,
    [property: JsonPropertyName("loss")] double? Loss,
    [property: JsonPropertyName("seconds")] double Seconds);

/// <summary>One gradient step on the composed adapter.</summary>
/// <param name="Index">Counted from 0.</param>
/// <param name="Loss">Mean token loss of the examples before the step.</param>
/// <param name="Seconds">From the start of the search to the end of this step.</param>
public sealed record TracedTuning(
    [property: JsonPropertyName("index")] int Index,
    [property: JsonPropertyName("loss")] double Loss,
    [property: JsonPropertyName("seconds")] double Seconds);

/// <summary>One evaluation of the objective.</summary>
/// <param name="Index">Counted from 0.</param>
/// <param name="Kind">The evaluation's purpose; see <see cref="TraceKinds"/>.</param>
/// <param name="Weights">In the order of the trace's modules.</param>
/// <param name="Loss">The objective's value, or null when it was not finite.</param>
/// <param name="Seconds">From the start of the search to the end of this evaluation.</param>
public sealed record TraceStep(
    [property: JsonPropertyName("index")] int Index,
    [property: JsonPropertyName("kind")] string Kind,
    [property: JsonPropertyName("weights")] IReadOnlyList<double> Weights,
    [property: JsonPropertyName("loss")] double? Loss,
    [property: JsonPropertyName("seconds")] double Seconds)
{
    /// <param name="elapsed">Since the search began.</param>
    public static TraceStep Of(Evaluation evaluation, TimeSpan elapsed, string kind = TraceKinds.Search) => new(
        evaluation.Index,
        kind,
        [.. evaluation.Weights],
        double.IsFinite(evaluation.Value) ? evaluation.Value : null,
        Math.Round(elapsed.TotalSeconds, 6));
}

/// <summary>Purposes of an evaluation.</summary>
public static class TraceKinds
{
    /// <summary>Requested by the optimizer.</summary>
    public const string Search = "search";
}
