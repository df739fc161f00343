using LoraHub.Core.Predictions;
using LoraHub.Storage.Records.Modules;
using Microsoft.EntityFrameworkCore;

namespace LoraHub.Storage.Records;

/// <summary>Reads the records.</summary>
sealed class RecordReader(RecordReads reads)
{
    public Task<Prediction?> FindAsync(string id, CancellationToken cancellationToken) => reads.ReadAsync(
        async records => await ReadAsync(records, records.Predictions.Where(row => row.Id == id), cancellationToken) is [var found] ? found : null,
        cancellationToken);

    /// <inheritdoc cref="IPredictionStore.DeletedModulesAsync"/>
    public Task<IReadOnlyList<string>> DeletedModulesAsync(IReadOnlyCollection<ModuleUse> uses, CancellationToken cancellationToken) =>
        reads.ReadAsync(records => records.DeletedModulesAsync(uses, cancellationToken), cancellationToken);

    /// <inheritdoc cref="IPredictionStore.FindCreatedAsync"/>
    public async Task<CreatedPrediction?> FindCreatedAsync(string id, CancellationToken cancellationToken) => (await reads.ReadAsync(
        records => records.Predictions.AsNoTracking().FirstOrDefaultAsync(row => row.Id == id, cancellationToken), cancellationToken))?.ToCreated();

    /// <inheritdoc cref="IPredictionStore.ListAsync"/>
    public Task<PredictionPage> ListAsync(PredictionQuery query, CancellationToken cancellationToken) =>
        reads.ReadAsync(records => ListAsync(records, query, cancellationToken), cancellationToken);

    /// <summary>The query's predictions, newest first, on all pages from its position on.</summary>
    public static IQueryable<PredictionRow> Rows(RecordsContext records, PredictionQuery query)
    {
        IQueryable<PredictionRow> rows = records.Predictions;
        if (query.Kinds is { } kinds)
        {
            rows = rows.Where(row => EF.Constant(kinds).Contains(row.Kind)); // with parameters, the indexes would not serve it
        }

        if (query.Statuses is { } statuses)
        {
            rows = rows.Where(row => EF.Constant(statuses).Contains(row.Status));
        }

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

        return rows.OrderByDescending(row => row.CreatedAt).ThenByDescending(row => row.Id);
    }

    static async Task<PredictionPage> ListAsync(RecordsContext records, PredictionQuery query, CancellationToken cancellationToken)
    {
        var rows = Rows(records, query);
        var sizes = await Sizes(records, rows.Take(query.Limit + 1)).ToListAsync(cancellationToken); // one more tells whether there are more
        var fit = PredictionPage.Fit(sizes.Select(Convert.ToInt64), query);
        return new PredictionPage(await ReadAsync(records, rows.Take(fit), cancellationToken), fit < sizes.Count);
    }

    /// <summary>The bytes of each prediction. The databases know them without reading the text.</summary>
    static IQueryable<int> Sizes(RecordsContext records, IQueryable<PredictionRow> rows) => rows.Select(row =>
        (RecordsContext.Bytes(row.Input) ?? 0)
        + (row.CompletedAt == null
            ? records.Events.Where(recorded => recorded.PredictionId == row.Id).Sum(recorded => RecordsContext.Bytes(recorded.Data) ?? 0)
            : (RecordsContext.Bytes(row.Logs) ?? 0) + (RecordsContext.Bytes(row.Output) ?? 0)));

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
