using LoraHub.Core.Predictions;

namespace LoraHub.Storage.InMemory;

/// <summary>A prediction with its events. Guarded by the lock of <see cref="InMemoryPredictions"/>.</summary>
/// <param name="arrival">Its place in the queue, which it keeps when it is handed back.</param>
sealed class Entry(Prediction prediction, long arrival)
{
    TaskCompletionSource _recorded = NewSignal();

    public Prediction Prediction { get; private set; } = prediction;

    public long Arrival { get; } = arrival;

    public List<RecordedEvent> Events { get; } = [];

    /// <summary>The worker's lease while it runs.</summary>
    public InMemoryLease? Lease { get; set; }

    /// <summary>How often it was leased.</summary>
    public int Attempts { get; set; }

    /// <summary>Completes when the next event is recorded.</summary>
    public Task NextEvent => _recorded.Task;

    public void Record(PredictionEvent happened, DateTimeOffset at)
    {
        var recorded = new RecordedEvent(Events.Count + 1, at, happened);
        Prediction = Prediction.Apply(recorded);
        Events.Add(recorded);

        var signal = _recorded;
        _recorded = NewSignal();
        signal.SetResult();
    }

    // Readers continue elsewhere: neither the worker nor the lock waits for them.
    static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
