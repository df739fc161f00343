using LoraHub.Core.Predictions;
using LoraHub.Storage.Records;
using Microsoft.EntityFrameworkCore;

namespace LoraHub.Storage.Distributed;

/// <summary>The records in PostgreSQL. A new one is stored there first; that it gets into the queue then is certain, if not at once.</summary>
sealed class DistributedStore(RecordReader reader, IRecordWriter writer, Outbox outbox) : IPredictionStore
{
    /// <summary>Names the lock that makes one creation follow another, or the capacity would be exceeded by those that count at once.</summary>
    const long CreationLock = 0x4C6F7261;

    public async Task<Creation> CreateAsync(Prediction prediction, int capacity, CancellationToken cancellationToken)
    {
        var creation = await writer.WriteAsync(records => CreateAsync(records, prediction, capacity, cancellationToken), cancellationToken);
        if (creation == Creation.Created)
        {
            await outbox.SendAsync(prediction, cancellationToken);
        }

        return creation;
    }

    public Task<Prediction?> FindAsync(string id, CancellationToken cancellationToken) =>
        Postgres.AskAsync(() => reader.FindAsync(id, cancellationToken));

    public Task<IReadOnlyList<Prediction>> ListAsync(PredictionQuery query, CancellationToken cancellationToken) =>
        Postgres.AskAsync(() => reader.ListAsync(query, cancellationToken));

    static async Task<Creation> CreateAsync(RecordsContext records, Prediction prediction, int capacity, CancellationToken cancellationToken)
    {
        await records.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock({CreationLock})", cancellationToken);
        var taken = await records.Predictions.Where(row => row.Id == prediction.Id).Select(row => (DateTimeOffset?)row.CreatedAt).FirstOrDefaultAsync(cancellationToken);
        if (taken is not null)
        {
            // Of the very same moment: that is this one, whose transaction was committed though the answer was lost.
            return await records.Predictions.AnyAsync(row => row.Id == prediction.Id && row.CreatedAt == prediction.CreatedAt, cancellationToken)
                ? Creation.Created
                : Creation.IdTaken;
        }

        var open = records.Predictions.Where(row => row.CompletedAt == null);
        if (await open.CountAsync(cancellationToken) >= capacity)
        {
            return Creation.Full;
        }

        var last = await open.MaxAsync(row => (long?)row.Arrival, cancellationToken);
        records.Predictions.Add(PredictionRow.From(prediction, (last ?? 0) + 1));
        await records.SaveChangesAsync(cancellationToken);
        return Creation.Created;
    }
}
