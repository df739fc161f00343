using LoraHub.Core.Predictions;

namespace LoraHub.Storage.InMemory;

/// <summary>A prediction with its events. Guarded by the lock of <see cref="InMemoryPredictions"/>.</summary>
/// <param name="arrival">Its place in the queue, which it keeps when a worker returns it.</param>
sealed class Entry(CreatedPrediction created, long arrival)
{
    TaskCompletionSource _recorded = NewSignal();

    public Prediction Prediction { get; private set; } = new(created);

    public long Arrival { get; } = arrival;

    public List<RecordedEvent> Events { get; } = [];

    /// <summary>The worker's lease while the prediction runs.</summary>
    public InMemoryLease? Lease { get; set; }

    /// <summary>The number of leases so far.</summary>
    public int Attempts { get; set; }

    /// <summary>Completes when the next event is recorded.</summary>
    public Task NextEvent => _recorded.Task;

    public void Record(PredictionEvent happened, DateTimeOffset at)
    {
        var recorded = new RecordedEvent(Events.Count + 1, at, happened);
        Prediction = Prediction.Apply(recorded);
        if (Prediction.IsTerminal)
        {
            Prediction = Prediction with { Created = Prediction.Created with { Plan = null } };
        }

        Events.Add(recorded);

        var signal = _recorded;
        _recorded = NewSignal();
        signal.SetResult();
    }

    // Readers must not continue on the worker's thread or under the lock.
    static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
