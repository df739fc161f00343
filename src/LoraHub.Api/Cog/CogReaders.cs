namespace LoraHub.Api.Cog;

/// <summary>Who reads the predictions that were created by a stream: when the last reader of one leaves, nobody is left who wants it.</summary>
sealed class CogReaders
{
    readonly Lock _lock = new();
    readonly Dictionary<string, int> _readers = new(StringComparer.Ordinal);

    /// <summary>The stream that creates the prediction is its first reader.</summary>
    public void Create(string id)
    {
        lock (_lock)
        {
            _readers[id] = 1;
        }
    }

    /// <summary>Another reader comes; of no meaning for a prediction that was not created by a stream.</summary>
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

    /// <returns>Whether it was the last one of a prediction that a stream created.</returns>
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
