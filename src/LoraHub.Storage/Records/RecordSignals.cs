using System.Threading.Channels;

namespace LoraHub.Storage.Records;

/// <summary>Wakes those in this process who wait for a prediction's next event. A wake-up only: what happened is in the table.</summary>
sealed class RecordSignals
{
    readonly Lock _lock = new();
    readonly Dictionary<string, HashSet<Subscription>> _subscriptions = new(StringComparer.Ordinal);

    /// <summary>From now on no <see cref="Raise"/> for this prediction is missed. The caller disposes it.</summary>
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

    /// <summary>Wakes everyone, since something may have been missed.</summary>
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
        // However often it was raised: one look at the table sees all of it.
        readonly Channel<bool> _raised = Channel.CreateBounded<bool>(new BoundedChannelOptions(capacity: 1) { FullMode = BoundedChannelFullMode.DropWrite });

        /// <summary>Ends when it was raised since the last time.</summary>
        public async Task WaitAsync(CancellationToken cancellationToken) => await _raised.Reader.ReadAsync(cancellationToken);

        public void Dispose() => signals.Remove(this, id);

        internal void Raise() => _raised.Writer.TryWrite(true);
    }
}
