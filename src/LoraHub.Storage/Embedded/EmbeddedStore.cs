using LoraHub.Core.Predictions;
using LoraHub.Storage.Records;

namespace LoraHub.Storage.Embedded;

/// <summary>The records in the data folder. The unfinished ones are the queue, so that storing a prediction also enqueues it.</summary>
sealed class EmbeddedStore(RecordReader reader, SqliteWriter writer, EmbeddedQueue queue) : IPredictionStore
{
    public async Task<Creation> CreateAsync(CreatedPrediction created, int capacity, CancellationToken cancellationToken)
    {
        var creation = await writer.WriteAsync(
            records => CreateAsync(records, created, capacity, cancellationToken), durable: true, cancellationToken);
        if (creation == Creation.Created)
        {
            queue.Wake(created.Kind);
        }

        return creation;
    }

    public Task<IReadOnlyList<string>> DeletedModulesAsync(IReadOnlyCollection<ModuleUse> uses, CancellationToken cancellationToken) =>
        reader.DeletedModulesAsync(uses, cancellationToken);

    public Task<Prediction?> FindAsync(string id, CancellationToken cancellationToken) => reader.FindAsync(id, cancellationToken);

    public Task<CreatedPrediction?> FindCreatedAsync(string id, CancellationToken cancellationToken) => reader.FindCreatedAsync(
        id, cancellationToken);

    public Task<PredictionPage> ListAsync(PredictionQuery query, CancellationToken cancellationToken) =>
        reader.ListAsync(query, cancellationToken);

    static async Task<Creation> CreateAsync(RecordsContext records, CreatedPrediction created, int capacity, CancellationToken cancellationToken) =>
        await records.HeadAsync(created.Id, cancellationToken) is null
            ? await records.CreateAsync(created, capacity, cancellationToken)
            : Creation.IdTaken;
}
