using LoraHub.Core.Predictions;
using LoraHub.Storage.Records;
using Microsoft.EntityFrameworkCore;

namespace LoraHub.Storage.Embedded;

/// <summary>The records in the data folder. The queue is the open ones among them, so that storing a prediction puts it into the queue.</summary>
sealed class EmbeddedStore(RecordReader reader, SqliteWriter writer, EmbeddedQueue queue) : IPredictionStore
{
    public async Task<Creation> CreateAsync(Prediction prediction, int capacity, CancellationToken cancellationToken)
    {
        var creation = await writer.WriteAsync(records => CreateAsync(records, prediction, capacity, cancellationToken), durable: true, cancellationToken);
        if (creation == Creation.Created)
        {
            queue.Wake();
        }

        return creation;
    }

    public Task<Prediction?> FindAsync(string id, CancellationToken cancellationToken) => reader.FindAsync(id, cancellationToken);

    public Task<IReadOnlyList<Prediction>> ListAsync(PredictionQuery query, CancellationToken cancellationToken) => reader.ListAsync(query, cancellationToken);

    static async Task<Creation> CreateAsync(RecordsContext records, Prediction prediction, int capacity, CancellationToken cancellationToken)
    {
        if (await records.Predictions.AnyAsync(row => row.Id == prediction.Id, cancellationToken))
        {
            return Creation.IdTaken;
        }

        var open = records.Predictions.Where(row => row.CompletedAt == null);
        if (await open.CountAsync(cancellationToken) >= capacity)
        {
            return Creation.Full;
        }

        var last = await open.MaxAsync(row => (long?)row.Arrival, cancellationToken); // those that have ended stand before nobody
        records.Predictions.Add(PredictionRow.From(prediction, (last ?? 0) + 1));
        await records.SaveChangesAsync(cancellationToken);
        return Creation.Created;
    }
}
