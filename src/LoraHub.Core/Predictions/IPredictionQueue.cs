namespace LoraHub.Core.Predictions;

/// <summary>Hands each waiting prediction to one worker at a time, oldest first.</summary>
public interface IPredictionQueue
{
    /// <summary>Waits for a prediction and takes it. The caller disposes the lease.</summary>
    Task<IPredictionLease> LeaseAsync(CancellationToken cancellationToken);

    /// <summary>Cancels: a waiting prediction at once, a running one through its lease. A finished one stays as it is.</summary>
    /// <returns>False when the id is unknown.</returns>
    Task<bool> CancelAsync(string id, CancellationToken cancellationToken);
}

/// <summary>A worker's right to a prediction. Disposing one that has not ended hands the prediction back to the queue.</summary>
public interface IPredictionLease : IAsyncDisposable
{
    /// <summary>The prediction as it was when leased.</summary>
    Prediction Prediction { get; }

    /// <summary>Fires when the client cancels the prediction or the lease is lost.</summary>
    CancellationToken Canceled { get; }

    /// <summary>Records an event; a terminal one ends the lease.</summary>
    /// <returns>False, and nothing changes, when the lease was lost or the prediction has ended.</returns>
    Task<bool> AppendAsync(PredictionEvent happened, CancellationToken cancellationToken);
}
