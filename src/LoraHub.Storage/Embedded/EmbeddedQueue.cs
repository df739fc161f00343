using System.Collections.Concurrent;
using LoraHub.Core;
using LoraHub.Core.Predictions;
using LoraHub.Storage.Records;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace LoraHub.Storage.Embedded;

/// <summary>
/// Uses the table's unfinished predictions as the queue. A lease is a name in the row. Leases end with this process, which holds the file
/// exclusively, so that no lease depends on a clock.
/// </summary>
sealed class EmbeddedQueue(SqliteWriter writer, RecordSignals signals, IOptions<QueueOptions> options, TimeProvider time)
    : IPredictionQueue, IDisposable
{
    readonly ConcurrentDictionary<string, EmbeddedLease> _leases = new(StringComparer.Ordinal);
    readonly Dictionary<PredictionKind, Lane> _lanes = Enum.GetValues<PredictionKind>().ToDictionary(kind => kind, _ => new Lane());

    public async Task<IPredictionLease> LeaseAsync(PredictionKind kind, CancellationToken cancellationToken)
    {
        var lane = _lanes[kind];
        await lane.Turn.WaitAsync(cancellationToken);
        try
        {
            while (true)
            {
                var arrival = lane.Arrival; // read before the query, so that no arrival during it is missed
                if (await writer.WriteAsync(records => TakeAsync(records, kind, cancellationToken), cancellationToken) is { } lease)
                {
                    _leases[lease.Created.Id] = lease;
                    return lease;
                }

                await arrival.WaitAsync(cancellationToken);
            }
        }
        finally
        {
            lane.Turn.Release();
        }
    }

    public async Task<bool> CancelAsync(string id, CancellationToken cancellationToken)
    {
        var isKnown = await writer.WriteAsync(
            async records =>
            {
                var head = await records.HeadAsync(id, cancellationToken);
                PredictionEvent cancellation = head?.Lease is null ? new PredictionEvent.Canceled() : new PredictionEvent.CancelRequested();
                if (head is not null && head.State.Accepts(cancellation))
                {
                    await records.AppendAsync(head, [cancellation], time.GetUtcNow(), cancellationToken);
                }

                return head is not null;
            },
            durable: true,
            cancellationToken);
        signals.Raise(id);
        await (_leases.GetValueOrDefault(id)?.CancelAsync() ?? Task.CompletedTask);
        return isKnown;
    }

    /// <summary>Wakes a worker that waits for a prediction of this kind.</summary>
    public void Wake(PredictionKind kind) => _lanes[kind].Wake();

    public void Dispose()
    {
        foreach (var lane in _lanes.Values)
        {
            lane.Turn.Dispose();
        }
    }

    /// <returns>False when the lease was lost or the prediction does not accept the events.</returns>
    public async Task<bool> AppendAsync(EmbeddedLease lease, IReadOnlyList<PredictionEvent> happened, CancellationToken cancellationToken)
    {
        var id = lease.Created.Id;
        var isTerminal = happened.Any(one => one.IsTerminal);
        var isAccepted = await writer.WriteAsync(
            async records =>
            {
                var head = await records.HeadAsync(id, cancellationToken);
                var accepts = head?.Lease == lease.Name && head.State.Accepts(happened);
                if (accepts)
                {
                    await records.AppendAsync(head!, happened, time.GetUtcNow(), cancellationToken);
                }

                return accepts;
            },
            durable: isTerminal,
            cancellationToken);
        if (isAccepted)
        {
            signals.Raise(id);
        }

        if (isAccepted && isTerminal)
        {
            _leases.TryRemove(new(id, lease));
        }

        return isAccepted;
    }

    /// <summary>Returns an unfinished prediction to its place in the queue, or cancels it if that was requested.</summary>
    public async Task ReleaseAsync(EmbeddedLease lease)
    {
        var id = lease.Created.Id;
        if (!_leases.TryRemove(new(id, lease)))
        {
            return; // it has ended
        }

        await writer.WriteAsync(
            async records =>
            {
                var head = await records.HeadAsync(id, CancellationToken.None);
                if (head is { State: { CancelRequested: true, IsTerminal: false } })
                {
                    await records.AppendAsync(head, [new PredictionEvent.Canceled()], time.GetUtcNow(), CancellationToken.None);
                }

                return await records.Predictions.Where(row => row.Id == id && row.Lease == lease.Name)
                    .ExecuteUpdateAsync(set => set.SetProperty(row => row.Lease, (string?)null), CancellationToken.None);
            },
            CancellationToken.None);
        signals.Raise(id);
        Wake(lease.Created.Kind);
    }

    async Task<EmbeddedLease?> TakeAsync(RecordsContext records, PredictionKind kind, CancellationToken cancellationToken)
    {
        var hardware = options.Value.Hardware;
        while (true)
        {
            var next = await records.Predictions.AsNoTracking()
                .Where(row => row.CompletedAt == null && row.Lease == null && row.Kind == kind && row.Hardware == hardware)
                .OrderBy(row => row.Arrival).FirstOrDefaultAsync(cancellationToken);
            if (next is null)
            {
                return null;
            }

            if (next.Attempts < options.Value.MaxAttempts)
            {
                var lease = new EmbeddedLease(this, next.ToCreated(), next.Attempts + 1, time);
                await records.Predictions.Where(row => row.Id == next.Id).ExecuteUpdateAsync(
                    set => set.SetProperty(row => row.Lease, lease.Name).SetProperty(row => row.Attempts, lease.Attempt), cancellationToken);
                return lease;
            }

            var head = await records.HeadAsync(next.Id, cancellationToken);
            var failed = new PredictionEvent.Failed(QueueOptions.AttemptsExhausted(next.Attempts));
            await records.AppendAsync(head!, [failed], time.GetUtcNow(), cancellationToken);
            signals.Raise(next.Id);
        }
    }

    /// <summary>The workers that wait for predictions of one kind.</summary>
    sealed class Lane
    {
        volatile TaskCompletionSource _arrival = NewSignal();

        /// <summary>Held by the worker that looks for the next prediction: an arrival must not make all of them query the table.</summary>
        public SemaphoreSlim Turn { get; } = new(1);

        /// <summary>Completes when the next prediction arrives.</summary>
        public Task Arrival => _arrival.Task;

        public void Wake() => Interlocked.Exchange(ref _arrival, NewSignal()).SetResult();

        // Waiters must not continue on the thread that wakes them.
        static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
