namespace LoraHub.Core.Predictions;

/// <summary>The records of predictions.</summary>
public interface IPredictionStore
{
    /// <summary>Stores a new prediction and puts it into the queue, in one act.</summary>
    /// <param name="capacity">The most predictions that may wait or run, this one included.</param>
    /// <returns>Whether it was created; if not, nothing has happened.</returns>
    Task<Creation> CreateAsync(Prediction prediction, int capacity, CancellationToken cancellationToken);

    Task<Prediction?> FindAsync(string id, CancellationToken cancellationToken);

    /// <summary>Predictions in the query's window, newest first.</summary>
    Task<IReadOnlyList<Prediction>> ListAsync(PredictionQuery query, CancellationToken cancellationToken);
}

/// <summary>What became of a new prediction.</summary>
public enum Creation
{
    Created,

    /// <summary>Another prediction has this id; that counts before the capacity.</summary>
    IdTaken,

    /// <summary>As many predictions wait or run as may.</summary>
    Full,
}

/// <summary>Which predictions to list.</summary>
public sealed record PredictionQuery
{
    /// <summary>Only what comes after this prediction in the list, i.e. is older; null for the first page.</summary>
    public PredictionPosition? After { get; init; }

    public DateTimeOffset? CreatedAfter { get; init; }

    public DateTimeOffset? CreatedBefore { get; init; }

    /// <summary>The most to return. Default: 100.</summary>
    public int Limit { get; init; } = 100;
}

/// <summary>A place in the list: time first, id among equals.</summary>
public sealed record PredictionPosition(DateTimeOffset CreatedAt, string Id);
