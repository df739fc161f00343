using LoraHub.Core.Telemetry;

namespace LoraHub.Inference.Models;

/// <summary>
/// Keeps what is expensive to load, up to a limit of bytes; the least recently used goes first. What is leased is never disposed: the limit may be
/// passed while everything is in use. Owns its values. Safe for several threads.
/// </summary>
/// <param name="name">What the metrics call it.</param>
sealed class LeasedCache<T>(string name, long limit, Func<T, long> size) : IDisposable
    where T : IDisposable
{
    readonly Lock _gate = new();
    readonly List<Entry> _entries = []; // least recently used first

    /// <summary>The value of the key, loaded if it is not held. The caller disposes the lease.</summary>
    /// <param name="load">Runs inside the lock: two callers do not load the same thing twice.</param>
    public Lease Rent(string key, Func<T> load)
    {
        lock (_gate)
        {
            var entry = _entries.Find(held => held.Key == key);
            Instruments.CountCacheRequest(name, isHit: entry is not null);
            entry ??= new Entry(key, load());
            entry.Users++;
            _entries.Remove(entry);
            _entries.Add(entry);
            Trim();
            return new Lease(this, entry);
        }
    }

    /// <summary>Whether what is leased alone is more than the limit.</summary>
    public bool IsOverLimit
    {
        get
        {
            lock (_gate)
            {
                return _entries.Where(entry => entry.Users > 0).Sum(entry => size(entry.Value)) > limit;
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _entries.ForEach(entry => entry.Value.Dispose());
            _entries.Clear();
        }
    }

    void Return(Entry entry)
    {
        lock (_gate)
        {
            entry.Users--;
            Trim();
        }
    }

    void Trim()
    {
        var held = _entries.Sum(entry => size(entry.Value));
        foreach (var entry in _entries.Where(entry => entry.Users == 0).ToArray())
        {
            if (held <= limit)
            {
                return;
            }

            held -= size(entry.Value);
            _entries.Remove(entry);
            entry.Value.Dispose();
        }
    }

    /// <summary>Keeps a value alive until disposed.</summary>
    public sealed class Lease : IDisposable
    {
        readonly LeasedCache<T> _cache;
        Entry? _entry;

        internal Lease(LeasedCache<T> cache, Entry entry) => (_cache, _entry, Value) = (cache, entry, entry.Value);

        public T Value { get; }

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _entry, null) is { } entry)
            {
                _cache.Return(entry);
            }
        }
    }

    internal sealed class Entry(string key, T value)
    {
        public string Key => key;

        public T Value => value;

        public int Users { get; set; }
    }
}
