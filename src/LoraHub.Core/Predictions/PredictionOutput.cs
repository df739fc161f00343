using System.Text.Json.Serialization;

namespace LoraHub.Core.Predictions;

/// <summary>
/// A prediction's output; fields that do not apply are absent. It refers to files by digest (<see cref="IBlobStore"/>); clients get URLs instead.
/// </summary>
/// <remarks>The names in the attributes are those of the stored JSON: they must never change.</remarks>
public sealed record PredictionOutput
{
    /// <summary>Digest of <c>adapter.zip</c>, a PEFT adapter with its model card.</summary>
    [JsonPropertyName("adapter"), JsonConverter(typeof(ResultDigest)), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Adapter { get; init; }

    /// <summary>Digest of <c>checkpoint.zip</c>, the merged model as a Hugging Face folder.</summary>
    [JsonPropertyName("checkpoint"), JsonConverter(typeof(ResultDigest)), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Checkpoint { get; init; }

    /// <summary>Digest of <c>trace.json</c>, the <see cref="SearchTrace"/>; absent when nothing was searched.</summary>
    [JsonPropertyName("trace"), JsonConverter(typeof(ResultDigest)), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Trace { get; init; }

    /// <summary>How the weights compose the modules: <c>factors</c> or <c>delta</c>. Absent in records of version 0.3.</summary>
    [JsonPropertyName("composition"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Composition { get; init; }

    /// <summary>In descending order of magnitude. The input <c>module_weights</c> takes the list as it is.</summary>
    [JsonPropertyName("weights")]
    public IReadOnlyList<ModuleWeight> Weights { get; init; } = [];

    [JsonPropertyName("loss"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public LossReport? Loss { get; init; }

    /// <summary>How the composed adapter was tuned; absent if it was not. <see cref="Weights"/> are those of the composition before.</summary>
    [JsonPropertyName("tuning"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public TuningOutcome? Tuning { get; init; }

    /// <summary>The adapted model's answers to <c>test_inputs</c>, in their order.</summary>
    [JsonPropertyName("predictions"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Predictions { get; init; }

    [JsonPropertyName("accuracy"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public AccuracyReport? Accuracy { get; init; }

    /// <summary>Only when requested.</summary>
    [JsonPropertyName("controls"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ControlReport? Controls { get; init; }

    /// <summary>The base model's answers to <c>test_inputs</c>, without modules.</summary>
    [JsonPropertyName("zero_shot"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? ZeroShot { get; init; }

    /// <summary>The version that a training made: <c>owner/name:digest</c>.</summary>
    [JsonPropertyName("version"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Version { get; init; }

    /// <summary>The answer to a prompt, in the pieces in which it was generated. It is then the whole output.</summary>
    [JsonPropertyName("text"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Text { get; init; }

    /// <summary>Adds a piece of an answer; it replaces everything after its start.</summary>
    /// <param name="start">See <see cref="PredictionEvent.Generated"/>.</param>
    public PredictionOutput WithText(int start, string text)
    {
        var kept = new List<string>();
        foreach (var piece in Text ?? [])
        {
            if (start <= 0)
            {
                break;
            }

            kept.Add(piece.Length <= start ? piece : piece[..start]);
            start -= piece.Length;
        }

        return this with { Text = [.. kept, text] };
    }

    /// <summary>The distinct blobs that it refers to.</summary>
    public IEnumerable<string> Digests() => new[] { Adapter, Checkpoint, Trace }.OfType<string>().Distinct(StringComparer.Ordinal);
}

/// <summary>A module's weight in the composed adapter.</summary>
/// <param name="Digest">
/// The version's digest (<c>ModuleFiles.Digest</c>): <c>module@digest</c> requests exactly these bytes. Absent in records of version 0.1.
/// </param>
public sealed record ModuleWeight(
    [property: JsonPropertyName("module")] string Module,
    [property: JsonPropertyName("weight")] double Weight,
    [property: JsonPropertyName("digest"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Digest = null)
{
    /// <summary>The composition that the weight belongs to, so that the list alone reproduces it. Absent for <c>factors</c>.</summary>
    [JsonPropertyName("composition"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Composition { get; init; }
}

/// <summary>The objective's value on the few-shot examples, without modules and adapted, and the number of evaluations.</summary>
public sealed record LossReport(
    [property: JsonPropertyName("zero_shot")] double ZeroShot,
    [property: JsonPropertyName("adapted")] double Adapted,
    [property: JsonPropertyName("evaluations")] int Evaluations);

/// <summary>Exact match on <c>test_outputs</c> in percent, without modules and adapted.</summary>
public sealed record AccuracyReport(
    [property: JsonPropertyName("zero_shot")] double ZeroShot,
    [property: JsonPropertyName("adapted")] double Adapted);
