using LoraHub.Core.Predictions;

namespace LoraHub.Storage.Distributed;

/// <summary>One message of the event log: what one writer says of a prediction at once.</summary>
/// <param name="First">The sequence number of the first event.</param>
/// <param name="Events">May be empty: a worker took the prediction or handed it back.</param>
/// <param name="After">How the prediction stands after it: all that the next writer needs to know.</param>
sealed record EventBatch(string Id, long First, DateTimeOffset At, IReadOnlyList<PredictionEvent> Events, LogState After)
{
    /// <summary>Where the events are when they are too large for a message (<see cref="LargeContents"/>).</summary>
    public string? EventsAt { get; init; }
}

/// <summary>How a prediction stands, as far as writers need to know.</summary>
sealed record LogState
{
    /// <summary>The sequence number of the last event.</summary>
    public long Last { get; init; }

    public PredictionStatus Status { get; init; }

    public bool CancelRequested { get; init; }

    /// <summary>Who may write what happens; null while the prediction waits.</summary>
    public string? Lease { get; init; }

    /// <summary>Names the last batch that the lease wrote: so a writer whose answer was lost sees that it was heard.</summary>
    public string? LeaseWrote { get; init; }

    /// <summary>How often it was leased.</summary>
    public int Attempts { get; init; }

    /// <summary>How often its worker was lost.</summary>
    public int Lost { get; init; }

    public bool IsTerminal => Prediction.IsTerminal;

    public bool Accepts(IReadOnlyList<PredictionEvent> happened) => Prediction.Accepts(happened);

    public LogState Append(IReadOnlyList<PredictionEvent> happened)
    {
        var after = happened.Aggregate(Prediction, (prediction, one) => prediction.Apply(new RecordedEvent(0, default, one)) with { Logs = "" });
        return this with { Last = Last + happened.Count, Status = after.Status, CancelRequested = after.CancelRequested };
    }

    /// <summary>The rules are the prediction's own; of the rest it needs nothing.</summary>
    Prediction Prediction => new() { Id = "", Input = [], Origin = "", CreatedAt = default, Status = Status, CancelRequested = CancelRequested };
}

/// <summary>How a prediction's log ends.</summary>
/// <param name="Sequence">The stream's sequence number of its last message; 0 when there is none.</param>
sealed record LogEnd(LogState State, ulong Sequence)
{
    public static readonly LogEnd Empty = new(new LogState(), 0);
}
