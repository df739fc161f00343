using LoraHub.Core.Predictions;
using Microsoft.EntityFrameworkCore;

namespace LoraHub.Storage.Records;

/// <summary>Reads the records.</summary>
sealed class RecordReader(IDbContextFactory<RecordsContext> contexts)
{
    public async Task<Prediction?> FindAsync(string id, CancellationToken cancellationToken)
    {
        await using var records = await contexts.CreateDbContextAsync(cancellationToken);
        return await ReadAsync(records, records.Predictions.Where(row => row.Id == id), cancellationToken) is [var found] ? found : null;
    }

    /// <inheritdoc cref="IPredictionStore.ListAsync"/>
    public async Task<IReadOnlyList<Prediction>> ListAsync(PredictionQuery query, CancellationToken cancellationToken)
    {
        await using var records = await contexts.CreateDbContextAsync(cancellationToken);
        IQueryable<PredictionRow> rows = records.Predictions;
        if (query.CreatedAfter is { } from)
        {
            rows = rows.Where(row => row.CreatedAt >= from);
        }

        if (query.CreatedBefore is { } until)
        {
            rows = rows.Where(row => row.CreatedAt < until);
        }

        if (query.After is var (time, id))
        {
            rows = rows.Where(row => row.CreatedAt <= time && (row.CreatedAt < time || string.Compare(row.Id, id) < 0));
        }

        var page = rows.OrderByDescending(row => row.CreatedAt).ThenByDescending(row => row.Id).Take(query.Limit);
        return await ReadAsync(records, page, cancellationToken);
    }

    static async Task<IReadOnlyList<Prediction>> ReadAsync(
        RecordsContext records, IQueryable<PredictionRow> query, CancellationToken cancellationToken)
    {
        var rows = await query.AsNoTracking().ToListAsync(cancellationToken);
        var open = rows.Where(row => row.CompletedAt is null).Select(row => row.Id).ToArray();
        var events = open.Length == 0 ? [] : await records.Events.AsNoTracking()
            .Where(row => open.Contains(row.PredictionId))
            .OrderBy(row => row.PredictionId).ThenBy(row => row.Sequence).ToListAsync(cancellationToken);
        var ofEach = events.ToLookup(row => row.PredictionId);
        return [.. rows.Select(row => row.ToPrediction(ofEach[row.Id]))];
    }
}
