using System.Text.Json.Nodes;
using LoraHub.Core.Predictions;

namespace LoraHub.Storage.Records;

/// <summary>
/// A prediction in the table <c>predictions</c>. Its events are in <c>events</c> and are folded into this row only at its end, so that the row
/// does not grow with every log line.
/// </summary>
sealed class PredictionRow
{
    /// <summary>
    /// The properties of <see cref="CreatedPrediction"/> with their own column, because queries need them or they are removed before the rest.
    /// </summary>
    public static readonly IReadOnlySet<string> ColumnsOfCreated = new HashSet<string>
    {
        nameof(CreatedPrediction.Id),
        nameof(CreatedPrediction.Input),
        nameof(CreatedPrediction.Plan),
        nameof(CreatedPrediction.CreatedAt),
        nameof(CreatedPrediction.Deadline),
        nameof(CreatedPrediction.Hardware),
        nameof(CreatedPrediction.Kind),
    };

    public required string Id { get; init; }

    /// <summary>JSON; null after removal.</summary>
    public string? Input { get; init; }

    /// <summary>JSON; null once the prediction has ended.</summary>
    public string? Plan { get; init; }

    /// <summary>JSON: the properties of <see cref="CreatedPrediction"/> that are not in <see cref="ColumnsOfCreated"/>.</summary>
    public required string Created { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? Deadline { get; init; }

    public required string Hardware { get; init; }

    public required PredictionKind Kind { get; init; }

    public PredictionStatus Status { get; init; }

    public bool CancelRequested { get; init; }

    /// <summary>The sequence number of its last event; 0 before the first.</summary>
    public long LastSequence { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>Null until the prediction has ended, like all properties up to <see cref="Metrics"/>.</summary>
    public DateTimeOffset? CompletedAt { get; init; }

    public string? Logs { get; init; }

    /// <summary>JSON.</summary>
    public string? Output { get; init; }

    public string? Error { get; init; }

    /// <summary>JSON.</summary>
    public string? Metrics { get; init; }

    public DataParts Removed { get; init; }

    /// <summary>The place in the embedded engine's queue; increases by one per prediction, independent of the clock.</summary>
    public long Arrival { get; init; }

    /// <summary>The embedded engine's lease, while a worker holds it.</summary>
    public string? Lease { get; init; }

    /// <summary>The number of leases by the embedded engine so far.</summary>
    public int Attempts { get; init; }

    /// <summary>How many of these leases ended with their process.</summary>
    public int Lost { get; init; }

    /// <summary>Whether the prediction was added to the distributed engine's queue.</summary>
    public bool Enqueued { get; init; }

    /// <summary>Whether its webhook has pending events.</summary>
    public bool WebhookOpen { get; init; }

    public bool StartTold { get; init; }

    /// <summary>The process that sends its webhook.</summary>
    public string? ClaimedBy { get; init; }

    public DateTimeOffset? ClaimedUntil { get; init; }

    public static PredictionRow From(CreatedPrediction created, long arrival) => new()
    {
        Id = created.Id,
        Input = RecordJson.Write(created.Input),
        Plan = created.Plan is null ? null : RecordJson.Write(created.Plan),
        Created = RecordJson.WriteCreated(created),
        CreatedAt = created.CreatedAt,
        Deadline = created.Deadline,
        Hardware = created.Hardware,
        Kind = created.Kind,
        WebhookOpen = created.Webhook is not null,
        Arrival = arrival,
    };

    public CreatedPrediction ToCreated() => RecordJson.ReadCreated(Created) with
    {
        Id = Id,
        Input = Input is null ? [] : RecordJson.Read<JsonObject>(Input),
        Plan = Plan is null ? null : RecordJson.Read<PredictionPlan>(Plan),
        CreatedAt = CreatedAt,
        Deadline = Deadline,
        Hardware = Hardware,
        Kind = Kind,
    };

    /// <summary>The prediction before its first event.</summary>
    public Prediction ToBeginning() => new(ToCreated()) { Removed = Removed };

    /// <summary>The current prediction.</summary>
    /// <param name="events">All of its events; ignored once it has ended.</param>
    public Prediction ToPrediction(IEnumerable<EventRow> events)
    {
        var beginning = ToBeginning();
        return CompletedAt is null
            ? beginning.Apply(events.Select(recorded => recorded.ToRecorded()))
            : beginning with
            {
                State = new PredictionState(Status, CancelRequested),
                StartedAt = StartedAt,
                CompletedAt = CompletedAt,
                Logs = Logs ?? "",
                Output = Output is null ? null : RecordJson.Read<PredictionOutput>(Output),
                Error = Error,
                Metrics = RecordJson.Read<Dictionary<string, double>>(Metrics!),
            };
    }
}
