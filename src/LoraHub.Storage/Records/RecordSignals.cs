using System.Threading.Channels;
using LoraHub.Core.Predictions;

namespace LoraHub.Storage.Records;

/// <summary>
/// Wakes readers in this process that wait for a prediction's next event. A signal may carry events that this process recorded, so that their readers
/// need not read them from the table.
/// </summary>
sealed class RecordSignals
{
    readonly Lock _lock = new();
    readonly Dictionary<string, HashSet<Subscription>> _subscriptions = new(StringComparer.Ordinal);

    /// <summary>Subscribes to every later <see cref="Raise"/> for this prediction. The caller disposes the subscription.</summary>
    public Subscription Subscribe(string id)
    {
        var subscription = new Subscription(this, id);
        lock (_lock)
        {
            if (!_subscriptions.TryGetValue(id, out var those))
            {
                _subscriptions[id] = those = [];
            }

            those.Add(subscription);
        }

        return subscription;
    }

    /// <param name="recorded">The new events, once they are in the table; null if they are only there.</param>
    public void Raise(string id, IReadOnlyList<RecordedEvent>? recorded = null)
    {
        Subscription[] waiting;
        lock (_lock)
        {
            waiting = _subscriptions.TryGetValue(id, out var those) ? [.. those] : [];
        }

        foreach (var one in waiting)
        {
            one.Raise(recorded);
        }
    }

    /// <summary>Wakes all readers, for when signals may have been missed.</summary>
    public void RaiseAll()
    {
        string[] ids;
        lock (_lock)
        {
            ids = [.. _subscriptions.Keys];
        }

        foreach (var id in ids)
        {
            Raise(id);
        }
    }

    void Remove(Subscription subscription, string id)
    {
        lock (_lock)
        {
            if (_subscriptions.TryGetValue(id, out var those) && those.Remove(subscription) && those.Count == 0)
            {
                _subscriptions.Remove(id);
            }
        }
    }

    public sealed class Subscription(RecordSignals signals, string id) : IDisposable
    {
        /// <summary>So many events wait for a slow reader in memory; more are left to the table.</summary>
        const int Most = 1000;

        readonly Channel<bool> _raised =
            Channel.CreateBounded<bool>(new BoundedChannelOptions(capacity: 1) { FullMode = BoundedChannelFullMode.DropWrite });

        readonly Lock _lock = new();
        List<RecordedEvent>? _recorded = []; // since the last wait; null if only the table has all of them

        /// <summary>Completes once the signal was raised since the last wait.</summary>
        /// <returns>The events recorded since then, not always in order; null if the table has others.</returns>
        public async Task<IReadOnlyList<RecordedEvent>?> WaitAsync(CancellationToken cancellationToken)
        {
            await _raised.Reader.ReadAsync(cancellationToken);
            lock (_lock)
            {
                var recorded = _recorded;
                _recorded = [];
                return recorded;
            }
        }

        public void Dispose() => signals.Remove(this, id);

        internal void Raise(IReadOnlyList<RecordedEvent>? recorded)
        {
            lock (_lock)
            {
                _recorded = recorded is null || _recorded?.Count + recorded.Count > Most ? null : _recorded;
                _recorded?.AddRange(recorded!);
            }

            _raised.Writer.TryWrite(true);
        }
    }
}
