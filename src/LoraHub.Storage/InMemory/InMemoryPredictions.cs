using System.Runtime.CompilerServices;
using LoraHub.Core.Predictions;
using LoraHub.Core.Telemetry;
using Microsoft.Extensions.Options;

namespace LoraHub.Storage.InMemory;

/// <summary>Store, queue and events of one process; nothing outlives it.</summary>
sealed class InMemoryPredictions(TimeProvider time, IOptions<InMemoryOptions> options)
    : IPredictionStore, IPredictionQueue, IPredictionEvents, IDisposable
{
    readonly Lock _lock = new();
    readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    readonly SortedDictionary<long, Entry> _waiting = [];
    readonly Queue<Entry> _finished = [];

    // Counts at least the waiting ones: a canceled one leaves its count behind, and whoever takes that looks again.
    readonly SemaphoreSlim _arrivals = new(0);
    long _lastArrival;

    public Task<Creation> CreateAsync(Prediction prediction, int capacity, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            if (_entries.ContainsKey(prediction.Id))
            {
                return Task.FromResult(Creation.IdTaken);
            }

            if (_entries.Count - _finished.Count >= capacity)
            {
                return Task.FromResult(Creation.Full);
            }

            var entry = new Entry(prediction, ++_lastArrival);
            _entries.Add(prediction.Id, entry);
            Wait(entry);
            return Task.FromResult(Creation.Created);
        }
    }

    public Task<Prediction?> FindAsync(string id, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return Task.FromResult(_entries.GetValueOrDefault(id)?.Prediction);
        }
    }

    public Task<IReadOnlyList<Prediction>> ListAsync(PredictionQuery query, CancellationToken cancellationToken)
    {
        Prediction[] all;
        lock (_lock)
        {
            all = [.. _entries.Values.Select(entry => entry.Prediction)];
        }

        IReadOnlyList<Prediction> page =
        [
            .. all
                .Where(prediction => query.CreatedAfter is not { } from || prediction.CreatedAt >= from)
                .Where(prediction => query.CreatedBefore is not { } until || prediction.CreatedAt < until)
                .Where(prediction => query.After is not { } position || IsOlder(prediction, position))
                .OrderByDescending(prediction => prediction.CreatedAt)
                .ThenByDescending(prediction => prediction.Id, StringComparer.Ordinal)
                .Take(query.Limit),
        ];
        return Task.FromResult(page);
    }

    public async Task<IPredictionLease> LeaseAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await _arrivals.WaitAsync(cancellationToken);
            lock (_lock)
            {
                if (_waiting.Count > 0)
                {
                    var entry = _waiting.First().Value;
                    _waiting.Remove(entry.Arrival);
                    return entry.Lease = new InMemoryLease(this, entry, entry.Prediction.BeforeEvents(), ++entry.Attempts);
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
            if (_waiting.Remove(entry.Arrival))
            {
                EndAsCanceled(entry);
            }
            else if (entry.Prediction.Accepts(new PredictionEvent.CancelRequested()))
            {
                entry.Record(new PredictionEvent.CancelRequested(), time.GetUtcNow());
            }
        }

        // Outside the lock: the worker's own code runs on this token.
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

    public void Dispose() => _arrivals.Dispose();

    public bool Append(Entry entry, InMemoryLease lease, IReadOnlyList<PredictionEvent> happened)
    {
        lock (_lock)
        {
            if (entry.Lease != lease || !entry.Prediction.Accepts(happened))
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

    /// <summary>Puts an unfinished prediction back into its place, unless it was to be canceled.</summary>
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
                EndAsCanceled(entry);
            }
            else
            {
                Wait(entry);
            }
        }
    }

    void Wait(Entry entry)
    {
        _waiting.Add(entry.Arrival, entry);
        _arrivals.Release();
    }

    /// <summary>Without a worker, who would count the end.</summary>
    void EndAsCanceled(Entry entry)
    {
        var end = new PredictionEvent.Canceled();
        Finish(entry, end);
        Instruments.CountEnd(end);
    }

    void Finish(Entry entry, PredictionEvent end)
    {
        entry.Record(end, time.GetUtcNow());
        _finished.Enqueue(entry);
        while (_finished.Count > options.Value.KeepFinished)
        {
            _entries.Remove(_finished.Dequeue().Prediction.Id);
        }
    }

    static bool IsOlder(Prediction prediction, PredictionPosition position) =>
        prediction.CreatedAt < position.CreatedAt
        || (prediction.CreatedAt == position.CreatedAt && string.CompareOrdinal(prediction.Id, position.Id) < 0);
}
