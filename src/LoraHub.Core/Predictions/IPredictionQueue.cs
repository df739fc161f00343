namespace LoraHub.Core.Predictions;

/// <summary>
/// Hands each waiting prediction to one worker at a time, oldest first. One whose worker is lost goes to the next, until it has been tried
/// <see cref="QueueOptions.MaxAttempts"/> times; then it fails.
/// </summary>
public interface IPredictionQueue
{
    /// <summary>Waits for a prediction and takes it. The caller disposes the lease.</summary>
    Task<IPredictionLease> LeaseAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Cancels: a waiting prediction at once, a running one through its lease. A finished one stays as it is. Once this has returned the prediction does not
    /// succeed any more, whatever is lost.
    /// </summary>
    /// <returns>False when the id is unknown.</returns>
    Task<bool> CancelAsync(string id, CancellationToken cancellationToken);
}

/// <summary>A worker's right to a prediction. Disposing one that has not ended hands the prediction back to the queue.</summary>
public interface IPredictionLease : IAsyncDisposable
{
    /// <summary>What is to be done. What happened in earlier attempts is not in it.</summary>
    Prediction Prediction { get; }

    /// <summary>1 for the first worker that got it, 2 when that one was lost or handed it back, and so on.</summary>
    int Attempt { get; }

    /// <summary>Fires when the client cancels the prediction or the lease is lost.</summary>
    CancellationToken Canceled { get; }

    /// <summary>Records events, all or none; a terminal one, the last, ends the lease. While the engine is out of reach it waits for it.</summary>
    /// <returns>False, and nothing changes, when the lease was lost, the prediction has ended, or it may not end so (<see cref="Prediction.Accepts(PredictionEvent)"/>).</returns>
    Task<bool> AppendAsync(IReadOnlyList<PredictionEvent> happened, CancellationToken cancellationToken);
}

public static class PredictionLeaseExtensions
{
    /// <inheritdoc cref="IPredictionLease.AppendAsync"/>
    public static Task<bool> AppendAsync(this IPredictionLease lease, PredictionEvent happened, CancellationToken cancellationToken) =>
        lease.AppendAsync([happened], cancellationToken);
}
