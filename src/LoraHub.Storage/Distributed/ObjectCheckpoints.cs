using LoraHub.Core;
using LoraHub.Core.Trainings;
using LoraHub.Storage.Embedded;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using NATS.Client.ObjectStore;

namespace LoraHub.Storage.Distributed;

/// <summary>Stores each training's checkpoint as an object on the NATS server, so that any worker can go on from it.</summary>
sealed partial class ObjectCheckpoints(Broker broker, IOptions<DataOptions> data, ILogger<ObjectCheckpoints> logger) : ITrainingCheckpoints
{
    readonly string _incoming = FileCheckpoints.IncomingOf(data.Value);

    public Task SaveAsync(string trainingId, Stream content, CancellationToken cancellationToken)
    {
        CheckpointName.Check(trainingId);
        return broker.AskAsync(streams => streams.Checkpoints.ReplaceAsync(trainingId, content, cancellationToken), cancellationToken);
    }

    public async Task<Stream?> OpenAsync(string trainingId, CancellationToken cancellationToken)
    {
        if (!CheckpointName.IsValid(trainingId))
        {
            return null;
        }

        var copy = PrivateFile.Create(
            Path.Combine(Directory.CreateDirectory(_incoming).FullName, Path.GetRandomFileName()),
            FileOptions.Asynchronous | FileOptions.DeleteOnClose);
        var isRead = false;
        try
        {
            isRead = await broker.AskAsync(streams => ReadAsync(streams.Checkpoints, trainingId, copy, cancellationToken), cancellationToken);
            copy.Position = 0;
            return isRead ? copy : null;
        }
        finally
        {
            await (isRead ? ValueTask.CompletedTask : copy.DisposeAsync());
        }
    }

    public async Task DeleteAsync(string trainingId, CancellationToken cancellationToken)
    {
        if (CheckpointName.IsValid(trainingId))
        {
            await broker.AskAsync(streams => streams.Checkpoints.RemoveAllAsync(trainingId, cancellationToken), cancellationToken);
        }
    }

    public Task<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken) =>
        broker.AskAsync(streams => streams.Checkpoints.NamesAsync(cancellationToken), cancellationToken);

    /// <summary>Reads the last one, also when a late worker replaces it meanwhile.</summary>
    /// <returns>False when there is none, or it is damaged: then the training begins again.</returns>
    async Task<bool> ReadAsync(INatsObjStore store, string trainingId, Stream copy, CancellationToken cancellationToken)
    {
        string? last = null;
        while (await store.FindAsync(trainingId, cancellationToken) is { } record)
        {
            if (record.Nuid == last)
            {
                LogDamaged(trainingId);
                return false;
            }

            copy.SetLength(0);
            if (await store.TryReadAsync(record, copy, cancellationToken))
            {
                return true;
            }

            last = record.Nuid;
        }

        return false;
    }

    [LoggerMessage(LogLevel.Error, "The stored checkpoint of training {TrainingId} is damaged, so the training begins again.")]
    partial void LogDamaged(string trainingId);
}
