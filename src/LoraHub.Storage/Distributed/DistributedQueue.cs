using LoraHub.Core;
using LoraHub.Core.Predictions;
using LoraHub.Storage.Records;
using Microsoft.EntityFrameworkCore;

namespace LoraHub.Storage.Distributed;

/// <summary>The queue of an API node.</summary>
sealed class DistributedQueue(WorkQueue queue, IDbContextFactory<RecordsContext> contexts, RecordSignals signals) : IPredictionQueue
{
    /// <summary>How long a caller waits for an unreachable server.</summary>
    static readonly TimeSpan CancelWithin = TimeSpan.FromSeconds(5);

    /// <summary>How long a caller waits for the record to catch up with the event log.</summary>
    static readonly TimeSpan RecordedWithin = TimeSpan.FromSeconds(5);

    public Task<IPredictionLease> LeaseAsync(PredictionKind kind, CancellationToken cancellationToken) => queue.LeaseAsync(kind, cancellationToken);

    public async Task<bool> CancelAsync(string id, CancellationToken cancellationToken)
    {
        if (await HeadAsync(id, cancellationToken) is not { } head)
        {
            return false;
        }

        if (!head.IsTerminal)
        {
            using var signal = signals.Subscribe(id);
            var state = await CancelInLogAsync(id, cancellationToken);
            var isShown = await WaitAsync(id, state.Last, signal, cancellationToken);
            if (!isShown && state is { IsTerminal: true, Status: not PredictionStatus.Canceled })
            {
                // It ended before the cancellation, but the record does not show that yet: a reader would take it for canceled.
                throw new StorageUnavailableException("The prediction has ended, but its result is not available yet; try again.");
            }
        }

        return true;
    }

    async Task<LogState> CancelInLogAsync(string id, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(CancelWithin);
        try
        {
            return await queue.CancelAsync(id, limit.Token);
        }
        catch (Exception exception) when (Broker.IsTransient(exception) && !cancellationToken.IsCancellationRequested)
        {
            throw new StorageUnavailableException("The prediction could not be canceled; try again.", exception);
        }
    }

    /// <summary>Waits until a prediction's record contains its events, so that the next read on any node returns them.</summary>
    /// <returns>False on a timeout.</returns>
    async Task<bool> WaitAsync(string id, long sequence, RecordSignals.Subscription signal, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(RecordedWithin);
        try
        {
            while (await HeadAsync(id, limit.Token) is { IsTerminal: false } head && head.LastSequence < sequence)
            {
                await signal.WaitAsync(limit.Token);
            }

            return true;
        }
        catch (Exception exception) when (
            exception is StorageUnavailableException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return false; // the events are in the log and will reach the record
        }
    }

    async Task<PredictionHead?> HeadAsync(string id, CancellationToken cancellationToken)
    {
        await using var records = await contexts.CreateDbContextAsync(cancellationToken);
        return await Postgres.AskAsync(() => records.HeadAsync(id, cancellationToken));
    }
}

/// <summary>The queue of a worker, which has no access to the records.</summary>
sealed class WorkersQueue(WorkQueue queue) : IPredictionQueue
{
    public Task<IPredictionLease> LeaseAsync(PredictionKind kind, CancellationToken cancellationToken) => queue.LeaseAsync(kind, cancellationToken);

    public Task<bool> CancelAsync(string id, CancellationToken cancellationToken) =>
        throw new NotSupportedException("A worker cannot cancel predictions; use an API node.");
}
