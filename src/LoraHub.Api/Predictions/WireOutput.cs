using System.Text.Json;
using System.Text.Json.Serialization;
using LoraHub.Core.Predictions;

namespace LoraHub.Api.Predictions;

/// <summary>A prediction's output in both APIs, streams and webhooks.</summary>
[JsonConverter(typeof(Converter))]
public abstract record WireOutput
{
    /// <returns>Null when the prediction has no output. A text that has ended without a piece is an empty list.</returns>
    internal static WireOutput? Of(Prediction prediction) => prediction switch
    {
        { Output: { } output } => From(output, prediction.Origin),
        { Kind: PredictionKind.Generate, Status: PredictionStatus.Succeeded } when !prediction.Removed.HasFlag(DataParts.Results) =>
            new TextOutput([]),
        _ => null,
    };

    /// <param name="origin">See <see cref="CreatedPrediction.Origin"/>.</param>
    internal static WireOutput From(PredictionOutput output, string origin) => output switch
    {
        { Text: { } pieces } => new TextOutput(pieces),
        { Version: { } version } => TrainedOutput.Of(version, output, origin),
        _ => ComposedOutput.Of(output, origin),
    };

    sealed class Converter : JsonConverter<WireOutput>
    {
        public override WireOutput Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.StartArray
                ? new TextOutput(JsonSerializer.Deserialize<string[]>(ref reader, options)!)
                : JsonSerializer.Deserialize<ComposedOutput>(ref reader, options)!;

        public override void Write(Utf8JsonWriter writer, WireOutput value, JsonSerializerOptions options)
        {
            switch (value)
            {
                case TextOutput(var pieces):
                    JsonSerializer.Serialize(writer, pieces, options);
                    break;
                case TrainedOutput trained:
                    JsonSerializer.Serialize(writer, trained, options);
                    break;
                default:
                    JsonSerializer.Serialize(writer, (ComposedOutput)value, options);
                    break;
            }
        }
    }
}

/// <summary>The answer to a prompt: the pieces in which it was generated, a JSON array of strings. Joined, they are the text.</summary>
public sealed record TextOutput(IReadOnlyList<string> Pieces) : WireOutput;

/// <summary>The output of a training, with the URLs of its files.</summary>
/// <param name="Version">The new version, <c>owner/name:id</c>.</param>
/// <param name="Weights">URL of <c>adapter.zip</c>, the version's PEFT adapter with its card.</param>
/// <param name="Trace">URL of <c>trace.json</c>, the course of the training.</param>
public sealed record TrainedOutput(
    string Version,
    string? Weights,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Trace) : WireOutput
{
    internal static TrainedOutput Of(string version, PredictionOutput output, string origin)
    {
        var urls = new ResultUrls(origin);
        return new TrainedOutput(version, urls.Of(output.Adapter, ResultUrls.Adapter), urls.Of(output.Trace, ResultUrls.Trace));
    }
}

/// <summary>The output of the composer, with the URLs of its files. Properties that do not apply are absent.</summary>
public sealed record ComposedOutput : WireOutput
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

    /// <inheritdoc cref="PredictionOutput.Tuning"/>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public TuningOutcome? Tuning { get; init; }

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

    /// <param name="origin">See <see cref="CreatedPrediction.Origin"/>.</param>
    internal static ComposedOutput Of(PredictionOutput output, string origin)
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
            Tuning = output.Tuning,
            Predictions = output.Predictions,
            ZeroShot = output.ZeroShot,
            Accuracy = output.Accuracy,
            Controls = output.Controls,
        };
    }
}
