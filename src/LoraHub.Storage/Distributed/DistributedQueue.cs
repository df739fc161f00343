using LoraHub.Core;
using LoraHub.Core.Predictions;
using LoraHub.Storage.Records;
using Microsoft.EntityFrameworkCore;

namespace LoraHub.Storage.Distributed;

/// <summary>The queue as API nodes have it.</summary>
sealed class DistributedQueue(WorkQueue queue, IDbContextFactory<RecordsContext> contexts, RecordSignals signals) : IPredictionQueue
{
    /// <summary>How long a caller waits for a server that is away.</summary>
    static readonly TimeSpan CancelWithin = TimeSpan.FromSeconds(5);

    /// <summary>How long a caller waits for the record to show what is certain already.</summary>
    static readonly TimeSpan RecordedWithin = TimeSpan.FromSeconds(5);

    public Task<IPredictionLease> LeaseAsync(CancellationToken cancellationToken) => queue.LeaseAsync(cancellationToken);

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
                // It had ended otherwise before, and the record does not say so yet: whoever read it now would take the prediction for canceled.
                throw new StorageUnavailableException("The prediction has ended, but how cannot be read now.");
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
        catch (Exception exception) when (Broker.IsTrouble(exception) && !cancellationToken.IsCancellationRequested)
        {
            throw new StorageUnavailableException("The prediction cannot be canceled now.", exception);
        }
    }

    /// <summary>Waits until a prediction's record has its events, so that whoever asks for it next, on any node, sees them.</summary>
    /// <returns>False when that takes too long.</returns>
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
        catch (Exception exception) when (exception is StorageUnavailableException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return false; // it is in the log, and will be in the record
        }
    }

    async Task<PredictionHead?> HeadAsync(string id, CancellationToken cancellationToken)
    {
        await using var records = await contexts.CreateDbContextAsync(cancellationToken);
        return await Postgres.AskAsync(() => records.HeadAsync(id, cancellationToken));
    }
}

/// <summary>The queue as workers have it, which see no records.</summary>
sealed class WorkersQueue(WorkQueue queue) : IPredictionQueue
{
    public Task<IPredictionLease> LeaseAsync(CancellationToken cancellationToken) => queue.LeaseAsync(cancellationToken);

    public Task<bool> CancelAsync(string id, CancellationToken cancellationToken) =>
        throw new NotSupportedException("A worker does not know which predictions there are; an API node cancels them.");
}
