using System.Threading.Channels;

namespace LoraHub.Storage.Records;

/// <summary>Wakes readers in this process that wait for a prediction's next event. A signal carries no data: the events are in the table.</summary>
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

    public void Raise(string id)
    {
        Subscription[] waiting;
        lock (_lock)
        {
            waiting = _subscriptions.TryGetValue(id, out var those) ? [.. those] : [];
        }

        foreach (var one in waiting)
        {
            one.Raise();
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
        // Collapses several signals into one, since one read of the table returns all new events.
        readonly Channel<bool> _raised =
            Channel.CreateBounded<bool>(new BoundedChannelOptions(capacity: 1) { FullMode = BoundedChannelFullMode.DropWrite });

        /// <summary>Completes once the signal was raised since the last wait.</summary>
        public async Task WaitAsync(CancellationToken cancellationToken) => await _raised.Reader.ReadAsync(cancellationToken);

        public void Dispose() => signals.Remove(this, id);

        internal void Raise() => _raised.Writer.TryWrite(true);
    }
}
