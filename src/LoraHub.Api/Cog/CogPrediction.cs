using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using LoraHub.Api.Predictions;
using LoraHub.Core.Predictions;

namespace LoraHub.Api.Cog;

/// <summary>A prediction in Cog's JSON. Properties that do not apply are absent.</summary>
public sealed record CogPrediction
{
    public required string Id { get; init; }

    public required PredictionStatus Status { get; init; }

    /// <summary>Present only in the response to a repeated PUT.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JsonObject? Input { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public WireOutput? Output { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Error { get; init; }

    /// <summary>Absent after the logs were removed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Logs { get; init; }

    public required IReadOnlyDictionary<string, double> Metrics { get; init; }

    public static CogPrediction From(Prediction prediction) => new()
    {
        Id = prediction.Id,
        Status = prediction.Status,
        Output = WireOutput.Of(prediction),
        Error = prediction.Error,
        Logs = prediction.Removed.HasFlag(DataParts.Logs) ? null : prediction.Logs,
        Metrics = prediction.Metrics,
    };
}

/// <summary>The response for a prediction that was just accepted.</summary>
public sealed record CogAccepted(string Id, PredictionStatus Status);
