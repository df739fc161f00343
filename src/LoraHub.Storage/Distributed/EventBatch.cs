using System.Text.Json.Serialization;
using LoraHub.Core.Predictions;

namespace LoraHub.Storage.Distributed;

/// <summary>One message of the event log: the events that one writer appends to a prediction atomically.</summary>
/// <param name="First">The sequence number of the first event.</param>
/// <param name="Events">Empty when a worker leased or released the prediction.</param>
/// <param name="After">The prediction's state after the batch, from which the next writer continues.</param>
sealed record EventBatch(string Id, long First, DateTimeOffset At, IReadOnlyList<PredictionEvent> Events, LogState After)
{
    /// <summary>The object that holds the events when they are too large for a message (<see cref="LargeContents"/>).</summary>
    public string? EventsAt { get; init; }
}

/// <summary>The part of a prediction's state that writers need.</summary>
sealed record LogState
{
    /// <summary>The sequence number of the last event.</summary>
    public long Last { get; init; }

    /// <summary>Serialized as its two parts, for compatibility with stored messages.</summary>
    [JsonIgnore]
    public PredictionState State { get; init; }

    public PredictionStatus Status
    {
        get => State.Status;
        init => State = State with { Status = value };
    }

    public bool CancelRequested
    {
        get => State.CancelRequested;
        init => State = State with { CancelRequested = value };
    }

    /// <summary>The lease whose holder may append events; null while the prediction is queued.</summary>
    public string? Lease { get; init; }

    /// <summary>The id of the last batch that the lease's holder wrote. A writer that lost the response finds its batch by it.</summary>
    public string? LeaseWrote { get; init; }

    /// <summary>How often the prediction was leased.</summary>
    public int Attempts { get; init; }

    /// <summary>How often the prediction's worker was lost.</summary>
    public int Lost { get; init; }

    public bool IsTerminal => State.IsTerminal;

    public LogState Append(IReadOnlyList<PredictionEvent> happened) =>
        this with { Last = Last + happened.Count, State = happened.Aggregate(State, (state, one) => state.Apply(one)) };
}

/// <summary>The end of a prediction's log.</summary>
/// <param name="Sequence">The last message's sequence number in the stream; 0 when there is none.</param>
sealed record LogEnd(LogState State, ulong Sequence)
{
    public static readonly LogEnd Empty = new(new LogState(), 0);
}
