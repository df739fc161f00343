using LoraHub.Core.Predictions;
using Microsoft.EntityFrameworkCore;

namespace LoraHub.Storage.Records;

/// <summary>Removes expired data. The record itself, with its times and its final status, stays.</summary>
sealed class RecordRetention(IDbContextFactory<RecordsContext> contexts, IRecordWriter writer) : IDataRetention
{
    /// <summary>Limits a transaction, so that other writers do not wait long.</summary>
    const int AtOnce = 200;

    public async Task<int> RemoveAsync(DataParts parts, DateTimeOffset endedBefore, CancellationToken cancellationToken)
    {
        var count = 0;
        while (await OldAsync(parts, endedBefore, cancellationToken) is { Count: > 0 } ids)
        {
            await writer.WriteAsync(records => RemoveAsync(records, ids, parts, cancellationToken), cancellationToken);
            count += ids.Count;
        }

        return count;
    }

    public Task<DataRemoval> RemoveAsync(string id, CancellationToken cancellationToken) => writer.WriteAsync(
        async records =>
        {
            var head = await records.HeadAsync(id, cancellationToken);
            if (head is not { IsTerminal: true })
            {
                return head is null ? DataRemoval.UnknownId : DataRemoval.NotEnded;
            }

            await RemoveAsync(records, [id], DataParts.All, cancellationToken);
            return DataRemoval.Removed;
        },
        cancellationToken);

    public async Task<IReadOnlySet<string>> ResultsAmongAsync(IReadOnlyCollection<string> digests, CancellationToken cancellationToken)
    {
        await using var records = await contexts.CreateDbContextAsync(cancellationToken);
        return await records.Results
            .Where(row => digests.Contains(row.Digest))
            .Select(row => row.Digest).Distinct().ToHashSetAsync(cancellationToken);
    }

    public async Task<IReadOnlySet<string>> OpenAmongAsync(IReadOnlyCollection<string> ids, CancellationToken cancellationToken)
    {
        await using var records = await contexts.CreateDbContextAsync(cancellationToken);
        return await records.Predictions
            .Where(row => row.CompletedAt == null && ids.Contains(row.Id))
            .Select(row => row.Id).ToHashSetAsync(cancellationToken);
    }

    public async Task<DateTimeOffset?> OldestOpenAsync(CancellationToken cancellationToken)
    {
        await using var records = await contexts.CreateDbContextAsync(cancellationToken);
        return await records.Predictions
            .Where(row => row.CompletedAt == null)
            .MinAsync(row => (DateTimeOffset?)row.CreatedAt, cancellationToken);
    }

    async Task<IReadOnlyList<string>> OldAsync(DataParts parts, DateTimeOffset endedBefore, CancellationToken cancellationToken)
    {
        await using var records = await contexts.CreateDbContextAsync(cancellationToken);
        return await records.Predictions
            .Where(row => row.CompletedAt < endedBefore && (row.Removed & parts) != parts)
            .OrderBy(row => row.CompletedAt).Select(row => row.Id).Take(AtOnce).ToListAsync(cancellationToken);
    }

    static async Task<int> RemoveAsync(RecordsContext records, IReadOnlyCollection<string> ids, DataParts parts, CancellationToken cancellationToken)
    {
        var (inputs, logs, results) = (parts.HasFlag(DataParts.Inputs), parts.HasFlag(DataParts.Logs), parts.HasFlag(DataParts.Results));
        await records.Events
            .Where(row => ids.Contains(row.PredictionId) && row.Part != DataParts.None && (row.Part & parts) == row.Part)
            .ExecuteDeleteAsync(cancellationToken);
        if (results)
        {
            await records.Results.Where(row => ids.Contains(row.PredictionId)).ExecuteDeleteAsync(cancellationToken);
        }

        return await records.Predictions.Where(row => ids.Contains(row.Id)).ExecuteUpdateAsync(
            set => set
                .SetProperty(row => row.Removed, row => row.Removed | parts)
                .SetProperty(row => row.Input, row => inputs ? null : row.Input)
                .SetProperty(row => row.Logs, row => logs ? null : row.Logs)
                .SetProperty(row => row.Output, row => results ? null : row.Output),
            cancellationToken);
    }
}
