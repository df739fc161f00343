using LoraHub.Core;
using LoraHub.Core.Trainings;

namespace LoraHub.Api.Worker;

/// <summary>The checkpoints of a training that runs: one a minute, and a last one when the service is asked to stop.</summary>
/// <param name="path">Where a checkpoint is written before it is stored.</param>
/// <param name="stopping">Canceled when the service is asked to stop.</param>
/// <param name="stop">Stops the training, after its last checkpoint.</param>
sealed class TuningCheckpoints(
    ITrainingCheckpoints store, string id, string path, TimeProvider time, Action stop, CancellationToken stopping) : ITuningCheckpoints
{
    static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    long _last = time.GetTimestamp();

    /// <summary>Whether the training was stopped after its last checkpoint.</summary>
    public bool HasStopped { get; private set; }

    public bool IsDue => stopping.IsCancellationRequested || time.GetElapsedTime(_last) >= Interval;

    public void Save(Action<Stream> write)
    {
        try
        {
            Store(write);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            var isFull = exception is IOException failed && DiskSpace.IsExhausted(failed);
            throw new StorageUnavailableException(isFull ? "The disk is full." : "The file could not be written.", exception) { IsFull = isFull };
        }

        _last = time.GetTimestamp();
        if (stopping.IsCancellationRequested)
        {
            HasStopped = true;
            stop();
        }
    }

    public Stream? Open() => store.OpenAsync(id, CancellationToken.None).GetAwaiter().GetResult();

    void Store(Action<Stream> write)
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.DeleteOnClose);
        write(file);
        file.Position = 0;
        store.SaveAsync(id, file, CancellationToken.None).GetAwaiter().GetResult();
    }
}
