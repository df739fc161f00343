using System.Text.Json.Serialization;

namespace LoraHub.Core.Predictions;

/// <summary>What a prediction answers: one JSON object; what does not apply is absent.</summary>
public sealed record PredictionOutput
{
    /// <summary>URL of <c>adapter.zip</c>, a PEFT adapter with its model card.</summary>
    [JsonPropertyName("adapter"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Adapter { get; init; }

    /// <summary>URL of <c>checkpoint.zip</c>, the merged model as a Hugging Face folder.</summary>
    [JsonPropertyName("checkpoint"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Checkpoint { get; init; }

    /// <summary>URL of <c>trace.json</c>, the <see cref="SearchTrace"/>; absent when nothing was searched.</summary>
    [JsonPropertyName("trace"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Trace { get; init; }

    /// <summary>Best first by magnitude.</summary>
    [JsonPropertyName("weights")]
    public required IReadOnlyList<ModuleWeight> Weights { get; init; }

    [JsonPropertyName("loss"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public LossReport? Loss { get; init; }

    /// <summary>The adapted model's answers to <c>test_inputs</c>, in their order.</summary>
    [JsonPropertyName("predictions"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Predictions { get; init; }

    [JsonPropertyName("accuracy"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public AccuracyReport? Accuracy { get; init; }

    /// <summary>Only when asked for.</summary>
    [JsonPropertyName("controls"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ControlReport? Controls { get; init; }
}

/// <summary>A module's weight in the composed adapter.</summary>
/// <param name="Digest">Of the version (<see cref="Modules.ModuleFiles.Digest"/>): <c>module@digest</c> asks for exactly these bytes. Absent in records of version 0.1.</param>
public sealed record ModuleWeight(
    [property: JsonPropertyName("module")] string Module,
    [property: JsonPropertyName("weight")] double Weight,
    [property: JsonPropertyName("digest"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Digest = null);

/// <summary>The objective's value on the few-shot examples, without modules and as adapted, and how often it was evaluated.</summary>
public sealed record LossReport(
    [property: JsonPropertyName("zero_shot")] double ZeroShot,
    [property: JsonPropertyName("adapted")] double Adapted,
    [property: JsonPropertyName("evaluations")] int Evaluations);

/// <summary>Exact match on <c>test_outputs</c> in percent, without modules and as adapted.</summary>
public sealed record AccuracyReport(
    [property: JsonPropertyName("zero_shot")] double ZeroShot,
    [property: JsonPropertyName("adapted")] double Adapted);
