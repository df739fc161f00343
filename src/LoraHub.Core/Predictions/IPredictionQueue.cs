namespace LoraHub.Core.Predictions;

/// <summary>
/// Leases each waiting prediction to one worker at a time, oldest first. When a worker is lost, another one gets the prediction, up to
/// <see cref="QueueOptions.MaxAttempts"/> attempts; then it fails.
/// </summary>
public interface IPredictionQueue
{
    /// <summary>Waits for a prediction and leases it. The caller disposes the lease.</summary>
    /// <param name="kind">Predictions of other kinds are left to other calls.</param>
    Task<IPredictionLease> LeaseAsync(PredictionKind kind, CancellationToken cancellationToken);

    /// <summary>Waits for a prediction and leases it with others that wait, the oldest first, if the engine can lease several at once.</summary>
    /// <param name="most">At least 1.</param>
    /// <returns>At least one lease, at most so many. The caller disposes them.</returns>
    async Task<IReadOnlyList<IPredictionLease>> LeaseAsync(PredictionKind kind, int most, CancellationToken cancellationToken) =>
        [await LeaseAsync(kind, cancellationToken)];

    /// <summary>
    /// Cancels a waiting prediction immediately and a running one through its lease; does not change a finished one. Once this has returned,
    /// the prediction cannot succeed, even after a crash.
    /// </summary>
    /// <returns>False when the id is unknown.</returns>
    Task<bool> CancelAsync(string id, CancellationToken cancellationToken);
}

/// <summary>A worker's lease of a prediction. Disposing it returns an unfinished prediction to the queue.</summary>
public interface IPredictionLease : IAsyncDisposable
{
    /// <summary>The prediction to run. Its webhook may be missing.</summary>
    CreatedPrediction Created { get; }

    /// <summary>1 for the first worker, 2 after that one was lost or returned the prediction, and so on.</summary>
    int Attempt { get; }

    /// <summary>Canceled when the client cancels the prediction or the lease is lost.</summary>
    CancellationToken Canceled { get; }

    /// <summary>
    /// Records events atomically; a terminal event must be the last and ends the lease. Waits while the storage engine is unreachable.
    /// </summary>
    /// <returns>
    /// False, with nothing changed, when the lease was lost or the prediction does not accept the events
    /// (<see cref="PredictionState.Accepts(PredictionEvent)"/>).
    /// </returns>
    Task<bool> AppendAsync(IReadOnlyList<PredictionEvent> happened, CancellationToken cancellationToken);
}

public static class PredictionLeaseExtensions
{
    /// <inheritdoc cref="IPredictionLease.AppendAsync"/>
    public static Task<bool> AppendAsync(this IPredictionLease lease, PredictionEvent happened, CancellationToken cancellationToken) =>
        lease.AppendAsync([happened], cancellationToken);
}
