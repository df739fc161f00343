using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using LoraHub.Core.Optimization;

namespace LoraHub.Core.Predictions;

/// <summary>Every evaluation of a prediction's search. It tells times, so that no two are alike, not even of equal requests.</summary>
public sealed record SearchTrace
{
    static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }; // a file of its own, never part of a page

    [JsonPropertyName("base_model")]
    public required string BaseModel { get; init; }

    /// <summary>What the draw and the optimizer were begun with.</summary>
    [JsonPropertyName("seed")]
    public required long Seed { get; init; }

    /// <summary>How many evaluations there might have been.</summary>
    [JsonPropertyName("budget")]
    public required int Budget { get; init; }

    /// <summary>As inputs name it, like <see cref="Objective"/> and <see cref="Optimizer"/>.</summary>
    [JsonPropertyName("composition")]
    public required string Composition { get; init; }

    [JsonPropertyName("objective")]
    public required string Objective { get; init; }

    [JsonPropertyName("optimizer")]
    public required string Optimizer { get; init; }

    /// <summary>In the order of the weights.</summary>
    [JsonPropertyName("modules")]
    public required IReadOnlyList<TracedModule> Modules { get; init; }

    /// <summary>What was tried to choose modules, before the search and in its order; absent when they were not chosen by the examples.</summary>
    [JsonPropertyName("screens"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<TracedScreen>? Screens { get; init; }

    /// <summary>In the order in which they were evaluated.</summary>
    [JsonPropertyName("steps")]
    public required IReadOnlyList<TraceStep> Steps { get; init; }

    /// <summary>Writes it as JSON, a module and a step a line; numbers read back are the very same.</summary>
    public void Write(Stream stream)
    {
        var fields = JsonSerializer.SerializeToNode(this, Plain)!.AsObject().Select(field => $"  \"{field.Key}\": {Lines(field.Value!)}");
        stream.Write(Encoding.UTF8.GetBytes($"{{\n{string.Join(",\n", fields)}\n}}\n"));
    }

    static string Lines(JsonNode value) => value is JsonArray rows
        ? $"[\n{string.Join(",\n", rows.Select(row => $"    {row!.ToJsonString(Plain)}"))}\n  ]"
        : value.ToJsonString(Plain);
}

/// <param name="Digest">Of the version, see <see cref="Modules.ModuleFiles.Digest"/>.</param>
public sealed record TracedModule(
    [property: JsonPropertyName("id")] string Id,
    [property: JsonPropertyName("digest")] string Digest);

/// <summary>Modules tried together, each at w = 1, on a part of the examples.</summary>
/// <param name="Part">Counted from 0.</param>
/// <param name="Loss">Mean token loss, or null when that was no finite number.</param>
/// <param name="Seconds">From the search's beginning to the end of the pass.</param>
public sealed record TracedScreen(
    [property: JsonPropertyName("modules")] IReadOnlyList<string> Modules,
    [property: JsonPropertyName("part")] int Part,
    [property: JsonPropertyName("loss")] double? Loss,
    [property: JsonPropertyName("seconds")] double Seconds);

/// <summary>One evaluation of the objective.</summary>
/// <param name="Index">Counted from 0.</param>
/// <param name="Kind">What it was evaluated for; see <see cref="TraceKinds"/>.</param>
/// <param name="Weights">In the order of the trace's modules.</param>
/// <param name="Loss">The objective's value, or null when that was no finite number.</param>
/// <param name="Seconds">From the search's beginning to this evaluation's end.</param>
public sealed record TraceStep(
    [property: JsonPropertyName("index")] int Index,
    [property: JsonPropertyName("kind")] string Kind,
    [property: JsonPropertyName("weights")] IReadOnlyList<double> Weights,
    [property: JsonPropertyName("loss")] double? Loss,
    [property: JsonPropertyName("seconds")] double Seconds)
{
    /// <param name="elapsed">Since the search began.</param>
    public static TraceStep Of(Evaluation evaluation, TimeSpan elapsed, string kind = TraceKinds.Search) => new(
        evaluation.Index, kind, [.. evaluation.Weights], double.IsFinite(evaluation.Value) ? evaluation.Value : null, Math.Round(elapsed.TotalSeconds, 6));
}

/// <summary>What an evaluation may be for.</summary>
public static class TraceKinds
{
    /// <summary>The optimizer asked for it.</summary>
    public const string Search = "search";
}
