namespace LoraHub.Api.Cog;

/// <summary>Counts the readers of each prediction that a stream created, so that it is canceled when its last reader leaves.</summary>
sealed class CogReaders
{
    readonly Lock _lock = new();
    readonly Dictionary<string, int> _readers = new(StringComparer.Ordinal);

    /// <summary>Registers the stream that creates the prediction as its first reader.</summary>
    public void Create(string id)
    {
        lock (_lock)
        {
            _readers[id] = 1;
        }
    }

    /// <summary>Adds a reader. Does nothing for a prediction that was not created by a stream.</summary>
    public void Join(string id)
    {
        lock (_lock)
        {
            if (_readers.TryGetValue(id, out var count))
            {
                _readers[id] = count + 1;
            }
        }
    }

    /// <returns>Whether this was the last reader of a prediction that a stream created.</returns>
    public bool Leave(string id)
    {
        lock (_lock)
        {
            if (!_readers.TryGetValue(id, out var count))
            {
                return false;
            }

            _readers[id] = count - 1;
            return count == 1 && _readers.Remove(id);
        }
    }
}
