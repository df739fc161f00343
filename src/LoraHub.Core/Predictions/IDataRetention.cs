namespace LoraHub.Core.Predictions;

/// <summary>Forgets what finished predictions hold.</summary>
public interface IDataRetention
{
    /// <summary>Removes the parts of every prediction that ended before a time and still has them.</summary>
    /// <returns>How many predictions lost something.</returns>
    Task<int> RemoveAsync(DataParts parts, DateTimeOffset endedBefore, CancellationToken cancellationToken);

    /// <summary>Removes all parts of one prediction.</summary>
    Task<DataRemoval> RemoveAsync(string id, CancellationToken cancellationToken);

    /// <summary>Those of the blobs that predictions' outputs still name.</summary>
    Task<IReadOnlySet<string>> ResultsAmongAsync(IReadOnlyCollection<string> digests, CancellationToken cancellationToken);

    /// <summary>When the oldest of the predictions that have not ended was created, or null when all have. Blobs that they are about to name are not older.</summary>
    Task<DateTimeOffset?> OldestOpenAsync(CancellationToken cancellationToken);
}

/// <summary>What became of the wish to remove a prediction's data.</summary>
public enum DataRemoval
{
    Removed,

    UnknownId,

    /// <summary>It has not ended, so its worker still needs the inputs.</summary>
    NotEnded,
}
