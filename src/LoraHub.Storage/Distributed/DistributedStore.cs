using LoraHub.Core;
using LoraHub.Core.Predictions;
using LoraHub.Storage.Records;
using Microsoft.EntityFrameworkCore;

namespace LoraHub.Storage.Distributed;

/// <summary>The records in PostgreSQL. A new prediction is stored there first; the outbox then enqueues it, retrying if necessary.</summary>
sealed class DistributedStore(RecordReader reader, IRecordWriter writer, Outbox outbox) : IPredictionStore
{
    public async Task<Creation> CreateAsync(CreatedPrediction created, int capacity, CancellationToken cancellationToken)
    {
        var creation = await writer.WriteAsync(records => CreateAsync(records, created, capacity, cancellationToken), cancellationToken);
        if (creation == Creation.Created && !await outbox.SendAsync(created, cancellationToken) && await RemoveAsync(created.Id))
        {
            throw new StorageUnavailableException("There is no room left to store predictions.") { IsFull = true };
        }

        return creation;
    }

    public Task<IReadOnlyList<string>> DeletedModulesAsync(IReadOnlyCollection<ModuleUse> uses, CancellationToken cancellationToken) =>
        reader.DeletedModulesAsync(uses, cancellationToken);

    public Task<Prediction?> FindAsync(string id, CancellationToken cancellationToken) => reader.FindAsync(id, cancellationToken);

    public Task<CreatedPrediction?> FindCreatedAsync(string id, CancellationToken cancellationToken) =>
        reader.FindCreatedAsync(id, cancellationToken);

    public Task<PredictionPage> ListAsync(PredictionQuery query, CancellationToken cancellationToken) =>
        reader.ListAsync(query, cancellationToken);

    /// <returns>False when another node has enqueued it in the meantime.</returns>
    Task<bool> RemoveAsync(string id) => writer.WriteAsync(
        async records =>
        {
            if (await records.Predictions.Where(row => row.Id == id && !row.Enqueued).ExecuteDeleteAsync() == 0)
            {
                return false;
            }

            await records.ModuleUses.Where(use => use.PredictionId == id).ExecuteDeleteAsync();
            return true;
        },
        CancellationToken.None);

    static async Task<Creation> CreateAsync(RecordsContext records, CreatedPrediction created, int capacity, CancellationToken cancellationToken)
    {
        await records.HoldCreationsAsync(cancellationToken);
        var taken = await records.Predictions.Where(row => row.Id == created.Id)
            .Select(row => (DateTimeOffset?)row.CreatedAt).FirstOrDefaultAsync(cancellationToken);
        if (taken is not null)
        {
            // The same creation time means a retry: the transaction was committed, but its response was lost.
            return await records.Predictions.AnyAsync(row => row.Id == created.Id && row.CreatedAt == created.CreatedAt, cancellationToken)
                ? Creation.Created
                : Creation.IdTaken;
        }

        return await records.CreateAsync(created, capacity, cancellationToken);
    }
}
