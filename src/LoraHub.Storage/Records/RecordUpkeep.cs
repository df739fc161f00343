using LoraHub.Core.Predictions;
using Microsoft.EntityFrameworkCore;

namespace LoraHub.Storage.Records;

sealed class RecordUpkeep(IDbContextFactory<RecordsContext> contexts) : IPredictionUpkeep
{
    public async Task<IReadOnlyList<string>> OverdueAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var records = await contexts.CreateDbContextAsync(cancellationToken);
        return await records.Predictions
            .Where(row => row.CompletedAt == null && row.Deadline <= now && !row.CancelRequested)
            .Select(row => row.Id).ToListAsync(cancellationToken);
    }

    public async Task<QueueState> MeasureAsync(PredictionKind kind, CancellationToken cancellationToken)
    {
        await using var records = await contexts.CreateDbContextAsync(cancellationToken);
        var open = await records.Predictions.Where(row => row.CompletedAt == null && row.Kind == kind)
            .GroupBy(row => row.Status)
            .Select(those => new { Status = those.Key, Count = those.Count(), Oldest = those.Min(row => row.CreatedAt) })
            .ToListAsync(cancellationToken);
        var waiting = open.Find(those => those.Status == PredictionStatus.Starting);
        return new QueueState(waiting?.Count ?? 0, open.Find(those => those.Status == PredictionStatus.Processing)?.Count ?? 0, waiting?.Oldest);
    }
}
