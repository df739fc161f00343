using System.Text.Json.Nodes;
using LoraHub.Core.Predictions;

namespace LoraHub.Storage.Distributed;

/// <summary>A message of the queue: what a worker needs to know of a prediction. The webhook may carry a secret and is none of its business.</summary>
sealed record QueuedPrediction(
    string Id, JsonObject Input, string Origin, DateTimeOffset CreatedAt, DateTimeOffset? Deadline, string? Deployment, string Hardware, string? TraceParent)
{
    /// <summary>Where the input is when it is too large for a message (<see cref="LargeContents"/>).</summary>
    public string? InputAt { get; init; }

    public static QueuedPrediction Of(Prediction prediction) => new(
        prediction.Id,
        prediction.Input,
        prediction.Origin,
        prediction.CreatedAt,
        prediction.Deadline,
        prediction.Deployment,
        prediction.Hardware,
        prediction.TraceParent);

    public Prediction ToPrediction() => new()
    {
        Id = Id,
        Input = Input,
        Origin = Origin,
        CreatedAt = CreatedAt,
        Deadline = Deadline,
        Deployment = Deployment,
        Hardware = Hardware,
        TraceParent = TraceParent,
    };
}
