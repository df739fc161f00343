namespace LoraHub.Core.Predictions;

/// <summary>What the service itself asks about its predictions.</summary>
public interface IPredictionUpkeep
{
    /// <summary>Ids of predictions that have not ended by their deadline and that nobody has canceled.</summary>
    Task<IReadOnlyList<string>> OverdueAsync(DateTimeOffset now, CancellationToken cancellationToken);

    Task<QueueState> MeasureAsync(CancellationToken cancellationToken);
}

/// <summary>How the queue stands.</summary>
/// <param name="Waiting">Predictions that no worker has begun.</param>
/// <param name="Running">Predictions that a worker has begun and that have not ended.</param>
/// <param name="OldestWaiting">When the one that waits longest was created, or null when none waits.</param>
public sealed record QueueState(int Waiting, int Running, DateTimeOffset? OldestWaiting);
