namespace LoraHub.Core.Predictions;

/// <summary>The records of predictions.</summary>
public interface IPredictionStore
{
    /// <summary>Stores and enqueues a new prediction atomically.</summary>
    /// <param name="capacity">The maximum number of waiting and running predictions of its kind, including this one.</param>
    /// <returns>Whether it was created; otherwise nothing has changed.</returns>
    Task<Creation> CreateAsync(CreatedPrediction created, int capacity, CancellationToken cancellationToken);

    /// <summary>The ids of those modules that no prediction can use, because they were deleted; ordered.</summary>
    Task<IReadOnlyList<string>> DeletedModulesAsync(IReadOnlyCollection<ModuleUse> uses, CancellationToken cancellationToken);

    Task<Prediction?> FindAsync(string id, CancellationToken cancellationToken);

    /// <summary>Finds a prediction as it was created, without its events.</summary>
    Task<CreatedPrediction?> FindCreatedAsync(string id, CancellationToken cancellationToken);

    /// <summary>Predictions in the query's window, newest first.</summary>
    Task<PredictionPage> ListAsync(PredictionQuery query, CancellationToken cancellationToken);
}

/// <summary>The outcome of creating a prediction.</summary>
public enum Creation
{
    Created,

    /// <summary>Another prediction has this id. This is checked before the capacity.</summary>
    IdTaken,

    /// <summary>The number of waiting and running predictions of its kind has reached the capacity.</summary>
    Full,

    /// <summary>A module that the prediction uses was deleted after the prediction was planned.</summary>
    ModuleDeleted,
}

/// <summary>Which predictions to list.</summary>
public sealed record PredictionQuery
{
    /// <summary>Returns only predictions after this position, i.e. older ones; null for the first page.</summary>
    public PredictionPosition? After { get; init; }

    /// <summary>Returns only predictions of these kinds; null for all.</summary>
    public IReadOnlyList<PredictionKind>? Kinds { get; init; }

    /// <summary>Returns only predictions in these states; null for all.</summary>
    public IReadOnlyList<PredictionStatus>? Statuses { get; init; }

    public DateTimeOffset? CreatedAfter { get; init; }

    public DateTimeOffset? CreatedBefore { get; init; }

    /// <summary>The maximum number of predictions to return. Default: 100.</summary>
    public int Limit { get; init; } = 100;

    /// <summary>The maximum number of bytes that they may hold together. One that is larger is returned alone. Default: no limit.</summary>
    public long Bytes { get; init; } = long.MaxValue;
}

/// <param name="Predictions">Newest first.</param>
/// <param name="HasMore">Whether older ones match the query, too.</param>
public sealed record PredictionPage(IReadOnlyList<Prediction> Predictions, bool HasMore)
{
    /// <summary>The bytes that a prediction takes besides its input, logs and output.</summary>
    public const int PredictionBytes = 2048;

    /// <summary>How many of the first predictions fit, given the bytes of each.</summary>
    public static int Fit(IEnumerable<long> bytes, PredictionQuery query)
    {
        var (count, left) = (0, query.Bytes);
        foreach (var size in bytes.Take(query.Limit))
        {
            left -= size + PredictionBytes;
            if (left < 0 && count > 0)
            {
                break;
            }

            count++;
        }

        return count;
    }
}

/// <summary>A position in the list, which is ordered by time, then by id.</summary>
public sealed record PredictionPosition(DateTimeOffset CreatedAt, string Id);
