namespace LoraHub.Core.Predictions;

/// <summary>Removes data of finished predictions.</summary>
public interface IDataRetention
{
    /// <summary>Removes these parts of every prediction that ended before a time.</summary>
    /// <returns>The number of predictions from which data was removed.</returns>
    Task<int> RemoveAsync(DataParts parts, DateTimeOffset endedBefore, CancellationToken cancellationToken);

    /// <summary>Removes all parts of one prediction.</summary>
    Task<DataRemoval> RemoveAsync(string id, CancellationToken cancellationToken);

    /// <summary>Returns the blobs among these that predictions' outputs still refer to.</summary>
    Task<IReadOnlySet<string>> ResultsAmongAsync(IReadOnlyCollection<string> digests, CancellationToken cancellationToken);

    /// <summary>Returns the predictions among these that have not ended.</summary>
    Task<IReadOnlySet<string>> OpenAmongAsync(IReadOnlyCollection<string> ids, CancellationToken cancellationToken);

    /// <summary>
    /// Returns the creation time of the oldest unfinished prediction, or null when all have ended. Blobs that unfinished predictions will refer to
    /// are not older.
    /// </summary>
    Task<DateTimeOffset?> OldestOpenAsync(CancellationToken cancellationToken);
}

/// <summary>The outcome of removing a prediction's data.</summary>
public enum DataRemoval
{
    Removed,

    UnknownId,

    /// <summary>It has not ended, so its worker still needs the inputs.</summary>
    NotEnded,
}
