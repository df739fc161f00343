using System.Runtime.CompilerServices;
using System.Text;
using LoraHub.Core.Json;
using LoraHub.Core.Predictions;

namespace LoraHub.Storage.InMemory;

/// <summary>The store, queue and events of one process; not persistent.</summary>
sealed class InMemoryPredictions(TimeProvider time)
    : IPredictionStore, IPredictionQueue, IPredictionEvents, IDisposable
{
    readonly Lock _lock = new();
    readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    readonly Dictionary<PredictionKind, Lane> _lanes = Enum.GetValues<PredictionKind>().ToDictionary(kind => kind, _ => new Lane());
    long _lastArrival;

    public Task<Creation> CreateAsync(CreatedPrediction created, int capacity, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            if (_entries.ContainsKey(created.Id))
            {
                return Task.FromResult(Creation.IdTaken);
            }

            if (_lanes[created.Kind].Unfinished >= capacity)
            {
                return Task.FromResult(Creation.Full);
            }

            var entry = new Entry(created, ++_lastArrival);
            _entries.Add(created.Id, entry);
            LaneOf(entry).Unfinished++;
            Wait(entry);
            return Task.FromResult(Creation.Created);
        }
    }

    public Task<IReadOnlyList<string>> DeletedModulesAsync(IReadOnlyCollection<ModuleUse> uses, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<string>>([]); // without an index, modules are not checked

    public Task<Prediction?> FindAsync(string id, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return Task.FromResult(_entries.GetValueOrDefault(id)?.Prediction);
        }
    }

    public async Task<CreatedPrediction?> FindCreatedAsync(string id, CancellationToken cancellationToken) =>
        (await FindAsync(id, cancellationToken))?.Created;

    public Task<PredictionPage> ListAsync(PredictionQuery query, CancellationToken cancellationToken)
    {
        Prediction[] all;
        lock (_lock)
        {
            all = [.. _entries.Values.Select(entry => entry.Prediction)];
        }

        Prediction[] found =
        [
            .. all
                .Where(prediction => query.Kinds is not { } kinds || kinds.Contains(prediction.Kind))
                .Where(prediction => query.Statuses is not { } statuses || statuses.Contains(prediction.Status))
                .Where(prediction => query.CreatedAfter is not { } from || prediction.CreatedAt >= from)
                .Where(prediction => query.CreatedBefore is not { } until || prediction.CreatedAt < until)
                .Where(prediction => query.After is not { } position || IsOlder(prediction, position))
                .OrderByDescending(prediction => prediction.CreatedAt)
                .ThenByDescending(prediction => prediction.Id, StringComparer.Ordinal),
        ];
        var fit = PredictionPage.Fit(
            found.Select(
                prediction => (long)Encoding.UTF8.GetByteCount(WireJson.Write(prediction.Input)) + Encoding.UTF8.GetByteCount(prediction.Logs)),
            query);
        return Task.FromResult(new PredictionPage(found[..fit], fit < found.Length));
    }

    public async Task<IPredictionLease> LeaseAsync(PredictionKind kind, CancellationToken cancellationToken)
    {
        var lane = _lanes[kind];
        while (true)
        {
            await lane.Arrivals.WaitAsync(cancellationToken);
            lock (_lock)
            {
                if (lane.Waiting.Count > 0)
                {
                    var entry = lane.Waiting.First().Value;
                    lane.Waiting.Remove(entry.Arrival);
                    return entry.Lease = new InMemoryLease(this, entry, entry.Prediction.Created, ++entry.Attempts);
                }
            }
        }
    }

    public async Task<bool> CancelAsync(string id, CancellationToken cancellationToken)
    {
        InMemoryLease? running;
        lock (_lock)
        {
            if (!_entries.TryGetValue(id, out var entry))
            {
                return false;
            }

            running = entry.Lease;
            if (LaneOf(entry).Waiting.Remove(entry.Arrival))
            {
                Finish(entry, new PredictionEvent.Canceled());
            }
            else if (entry.Prediction.State.Accepts(new PredictionEvent.CancelRequested()))
            {
                entry.Record(new PredictionEvent.CancelRequested(), time.GetUtcNow());
            }
        }

        // Outside the lock: canceling the token runs the worker's callbacks.
        await (running?.CancelAsync() ?? Task.CompletedTask);
        return true;
    }

    public async IAsyncEnumerable<RecordedEvent> ReadAsync(string id, long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Entry? entry;
        lock (_lock)
        {
            entry = _entries.GetValueOrDefault(id);
        }

        while (entry is not null)
        {
            RecordedEvent[] news;
            Task next;
            bool ended;
            lock (_lock)
            {
                news = [.. entry.Events.Skip((int)Math.Clamp(after, 0, entry.Events.Count))];
                next = entry.NextEvent;
                ended = entry.Prediction.IsTerminal;
            }

            foreach (var recorded in news)
            {
                cancellationToken.ThrowIfCancellationRequested();
                after = recorded.Sequence;
                yield return recorded;
            }

            if (ended)
            {
                yield break;
            }

            await next.WaitAsync(cancellationToken);
        }
    }

    public void Dispose()
    {
        foreach (var lane in _lanes.Values)
        {
            lane.Arrivals.Dispose();
        }
    }

    public bool Append(Entry entry, InMemoryLease lease, IReadOnlyList<PredictionEvent> happened)
    {
        lock (_lock)
        {
            if (entry.Lease != lease || !entry.Prediction.State.Accepts(happened))
            {
                return false;
            }

            foreach (var one in happened)
            {
                if (one.IsTerminal)
                {
                    entry.Lease = null;
                    Finish(entry, one);
                }
                else
                {
                    entry.Record(one, time.GetUtcNow());
                }
            }

            return true;
        }
    }

    /// <summary>Returns an unfinished prediction to its place in the queue, or cancels it if that was requested.</summary>
    public void Release(Entry entry, InMemoryLease lease)
    {
        lock (_lock)
        {
            if (entry.Lease != lease)
            {
                return;
            }

            entry.Lease = null;
            if (entry.Prediction.CancelRequested)
            {
                Finish(entry, new PredictionEvent.Canceled());
            }
            else
            {
                Wait(entry);
            }
        }
    }

    void Wait(Entry entry)
    {
        var lane = LaneOf(entry);
        lane.Waiting.Add(entry.Arrival, entry);
        lane.Arrivals.Release();
    }

    Lane LaneOf(Entry entry) => _lanes[entry.Prediction.Created.Kind];

    void Finish(Entry entry, PredictionEvent end)
    {
        entry.Record(end, time.GetUtcNow());
        LaneOf(entry).Unfinished--;
    }

    static bool IsOlder(Prediction prediction, PredictionPosition position) =>
        prediction.CreatedAt < position.CreatedAt
        || (prediction.CreatedAt == position.CreatedAt && string.CompareOrdinal(prediction.Id, position.Id) < 0);

    /// <summary>The queue of one kind.</summary>
    /// <param name="Waiting">By arrival.</param>
    /// <param name="Arrivals">
    /// At least the number of waiting predictions. A canceled one leaves its count behind; the worker that takes that count waits again.
    /// </param>
    sealed record Lane(SortedDictionary<long, Entry> Waiting, SemaphoreSlim Arrivals)
    {
        public Lane()
            : this([], new SemaphoreSlim(0))
        {
        }

        public int Unfinished { get; set; }
    }
}
