using LoraHub.Core.Predictions;
using LoraHub.Storage.Records;
using Microsoft.EntityFrameworkCore;

namespace LoraHub.Storage.Distributed;

/// <summary>The queue as API nodes have it.</summary>
sealed class DistributedQueue(WorkQueue queue, IDbContextFactory<RecordsContext> contexts, RecordSignals signals) : IPredictionQueue
{
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
            var state = await queue.CancelAsync(id, cancellationToken);
            await WaitAsync(id, state.Last, signal, cancellationToken);
        }

        return true;
    }

    /// <summary>Waits until a prediction's record has its events, so that whoever asks for it next, on any node, sees them.</summary>
    async Task WaitAsync(string id, long sequence, RecordSignals.Subscription signal, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(RecordedWithin);
        try
        {
            while (await HeadAsync(id, limit.Token) is { IsTerminal: false } head && head.LastSequence < sequence)
            {
                await signal.WaitAsync(limit.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // It is in the log, and will be in the record.
        }
    }

    async Task<PredictionHead?> HeadAsync(string id, CancellationToken cancellationToken)
    {
        await using var records = await contexts.CreateDbContextAsync(cancellationToken);
        return await records.HeadAsync(id, cancellationToken);
    }
}

/// <summary>The queue as workers have it, which see no records.</summary>
sealed class WorkersQueue(WorkQueue queue) : IPredictionQueue
{
    public Task<IPredictionLease> LeaseAsync(CancellationToken cancellationToken) => queue.LeaseAsync(cancellationToken);

    public Task<bool> CancelAsync(string id, CancellationToken cancellationToken) =>
        throw new NotSupportedException("A worker does not know which predictions there are; an API node cancels them.");
}
