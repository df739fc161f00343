using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using LoraHub.Core.Predictions;

namespace LoraHub.Api.Cog;

/// <summary>A prediction as Cog answers it; what does not apply is absent.</summary>
public sealed record CogPrediction
{
    public required string Id { get; init; }

    public required PredictionStatus Status { get; init; }

    /// <summary>Only in the answer to a repeated PUT.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JsonObject? Input { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public PredictionOutput? Output { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Error { get; init; }

    /// <summary>Absent once they were removed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Logs { get; init; }

    public required IReadOnlyDictionary<string, double> Metrics { get; init; }

    public static CogPrediction From(Prediction prediction) => new()
    {
        Id = prediction.Id,
        Status = prediction.Status,
        Output = prediction.Output,
        Error = prediction.Error,
        Logs = prediction.Removed.HasFlag(DataParts.Logs) ? null : prediction.Logs,
        Metrics = prediction.Metrics,
    };
}

/// <summary>What is known of a prediction that was just accepted.</summary>
public sealed record CogAccepted(string Id, PredictionStatus Status);
