using System.Collections.Concurrent;
using LoraHub.Core;
using LoraHub.Core.Predictions;
using LoraHub.Storage.Records;
using Microsoft.Extensions.Options;

namespace LoraHub.Storage.Embedded;

/// <summary>
/// Uses the table's unfinished predictions as the queue. A lease is a name in the row. Leases end with this process, which holds the file
/// exclusively, so that no lease depends on a clock; the next process counts those that were lost (<see cref="SqliteFile"/>).
/// </summary>
sealed class EmbeddedQueue(SqliteWriter writer, RecordSignals signals, IOptions<QueueOptions> options, TimeProvider time)
    : IPredictionQueue, IDisposable
{
    readonly ConcurrentDictionary<string, EmbeddedLease> _leases = new(StringComparer.Ordinal);
    readonly Dictionary<PredictionKind, Lane> _lanes = Enum.GetValues<PredictionKind>().ToDictionary(kind => kind, _ => new Lane());

    public async Task<IPredictionLease> LeaseAsync(PredictionKind kind, CancellationToken cancellationToken) =>
        (await LeaseAsync(kind, most: 1, cancellationToken))[0];

    public async Task<IReadOnlyList<IPredictionLease>> LeaseAsync(PredictionKind kind, int most, CancellationToken cancellationToken)
    {
        var lane = _lanes[kind];
        await lane.Turn.WaitAsync(cancellationToken);
        try
        {
            while (true)
            {
                var arrival = lane.Arrival; // read before the query, so that no arrival during it is missed
                var leases = await writer.WriteAsync(records => TakeAsync(records, kind, most, cancellationToken), cancellationToken);
                if (leases.Count > 0)
                {
                    leases.ForEach(lease => _leases[lease.Created.Id] = lease);
                    return leases;
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
        var recorded = await writer.WriteAsync(
            async records =>
            {
                var head = await records.HeadAsync(id, cancellationToken);
                return head?.Lease == lease.Name && head.State.Accepts(happened)
                    ? await records.AppendAsync(head, happened, StoredTime.Now(time), cancellationToken)
                    : null;
            },
            durable: isTerminal,
            cancellationToken);
        if (recorded is not null)
        {
            signals.Raise(id, recorded);
        }

        if (recorded is not null && isTerminal)
        {
            _leases.TryRemove(new(id, lease));
        }

        return recorded is not null;
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

                return await records.Commands.ExecuteAsync(
                    $"UPDATE predictions SET lease = NULL WHERE id = {id} AND lease = {lease.Name}", CancellationToken.None);
            },
            CancellationToken.None);
        signals.Raise(id);
        Wake(lease.Created.Kind);
    }

    async Task<List<EmbeddedLease>> TakeAsync(RecordsContext records, PredictionKind kind, int most, CancellationToken cancellationToken)
    {
        var taken = new List<EmbeddedLease>();
        foreach (var (id, attempts) in await WaitingAsync(records, kind, most, cancellationToken))
        {
            var lease = new EmbeddedLease(this, await records.CreatedAsync(id, cancellationToken), attempts + 1, time);
            await records.Commands.ExecuteAsync(
                $"UPDATE predictions SET lease = {lease.Name}, attempts = {lease.Attempt} WHERE id = {id}", cancellationToken);
            taken.Add(lease);
        }

        return taken;
    }

    /// <returns>Those that have no lease, the oldest first.</returns>
    Task<List<(string Id, int Attempts)>> WaitingAsync(
        RecordsContext records, PredictionKind kind, int most, CancellationToken cancellationToken) => records.Commands.QueryAsync(
        $"""
        SELECT id, attempts FROM predictions
        WHERE completed_at IS NULL AND lease IS NULL AND kind = {kind.ToString()} AND hardware = {options.Value.Hardware}
        ORDER BY arrival LIMIT {most}
        """,
        row => (Id: row.GetString(0), Attempts: row.GetInt32(1)),
        cancellationToken);

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
