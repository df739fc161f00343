using LoraHub.Core.Predictions;

namespace LoraHub.Storage.Records;

/// <summary>
/// A prediction in the table <c>predictions</c>. What happens to it is in <c>events</c>; only when it has ended is all of that folded in here, so that nothing
/// grows with every line of its log.
/// </summary>
sealed class PredictionRow
{
    public required string Id { get; init; }

    /// <summary>JSON; null when it was removed.</summary>
    public string? Input { get; init; }

    public required string Origin { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? Deadline { get; init; }

    public string? Deployment { get; init; }

    /// <summary>JSON.</summary>
    public string? Webhook { get; init; }

    public required string Hardware { get; init; }

    public string? TraceParent { get; init; }

    public PredictionStatus Status { get; init; }

    public bool CancelRequested { get; init; }

    /// <summary>The sequence number of its last event; 0 before the first.</summary>
    public long LastSequence { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>From here to <see cref="Metrics"/>: null until it has ended.</summary>
    public DateTimeOffset? CompletedAt { get; init; }

    public string? Logs { get; init; }

    /// <summary>JSON.</summary>
    public string? Output { get; init; }

    public string? Error { get; init; }

    /// <summary>JSON.</summary>
    public string? Metrics { get; init; }

    public DataParts Removed { get; init; }

    /// <summary>Rises by one with every prediction that the embedded engine takes in: its place in the queue, whatever the clock does.</summary>
    public long Arrival { get; init; }

    /// <summary>The embedded engine's lease, while a worker has it.</summary>
    public string? Lease { get; init; }

    /// <summary>How often the embedded engine has leased it.</summary>
    public int Attempts { get; init; }

    /// <summary>Whether the distributed engine's queue has it, or had it.</summary>
    public bool Enqueued { get; init; }

    /// <summary>Whether its webhook has still to be told of something.</summary>
    public bool WebhookOpen { get; init; }

    public bool StartTold { get; init; }

    /// <summary>The process that tells its webhook.</summary>
    public string? ClaimedBy { get; init; }

    public DateTimeOffset? ClaimedUntil { get; init; }

    public static PredictionRow From(Prediction created, long arrival) => new()
    {
        Id = created.Id,
        Input = RecordJson.Write(created.Input),
        Origin = created.Origin,
        CreatedAt = created.CreatedAt,
        Deadline = created.Deadline,
        Deployment = created.Deployment,
        Webhook = created.Webhook is null ? null : RecordJson.Write(created.Webhook),
        WebhookOpen = created.Webhook is not null,
        Hardware = created.Hardware,
        TraceParent = created.TraceParent,
        Arrival = arrival,
    };

    /// <summary>The prediction before its first event.</summary>
    public Prediction ToCreated() => new()
    {
        Id = Id,
        Input = Input is null ? [] : RecordJson.Read<System.Text.Json.Nodes.JsonObject>(Input),
        Origin = Origin,
        CreatedAt = CreatedAt,
        Deadline = Deadline,
        Deployment = Deployment,
        Webhook = Webhook is null ? null : RecordJson.Read<PredictionWebhook>(Webhook),
        Hardware = Hardware,
        TraceParent = TraceParent,
        Removed = Removed,
    };

    /// <summary>The prediction as it stands.</summary>
    /// <param name="events">All of its events; they matter only while it has not ended.</param>
    public Prediction ToPrediction(IEnumerable<EventRow> events)
    {
        var created = ToCreated();
        return CompletedAt is null
            ? created.Apply(events.Select(recorded => recorded.ToRecorded()))
            : created with
            {
                Status = Status,
                StartedAt = StartedAt,
                CompletedAt = CompletedAt,
                Logs = Logs ?? "",
                Output = Output is null ? null : RecordJson.Read<PredictionOutput>(Output),
                Error = Error,
                Metrics = RecordJson.Read<Dictionary<string, double>>(Metrics!),
                CancelRequested = CancelRequested,
            };
    }
}
