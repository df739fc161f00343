namespace LoraHub.Core.Predictions;

/// <summary>Queries for the service's own maintenance.</summary>
public interface IPredictionUpkeep
{
    /// <summary>Returns the ids of unfinished predictions past their deadline without a cancel request.</summary>
    Task<IReadOnlyList<string>> OverdueAsync(DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Measures the queue of one kind.</summary>
    Task<QueueState> MeasureAsync(PredictionKind kind, CancellationToken cancellationToken);
}

/// <summary>The state of the queue.</summary>
/// <param name="Waiting">Predictions that no worker has started.</param>
/// <param name="Running">Predictions that a worker has started and not finished.</param>
/// <param name="OldestWaiting">The creation time of the oldest waiting prediction, or null when none waits.</param>
public sealed record QueueState(int Waiting, int Running, DateTimeOffset? OldestWaiting);
