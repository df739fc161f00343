using LoraHub.Core;
using LoraHub.Core.Trainings;
using Microsoft.Extensions.Options;

namespace LoraHub.Storage.Embedded;

/// <summary>Stores each training's checkpoint in a file that only the service's user can read, in <c>checkpoints/</c> of the data folder.</summary>
/// <param name="of">
/// A folder of their own in there for the trainings of other programs, which <see cref="CheckpointSweep"/> does not know; empty for the service's.
/// </param>
sealed class FileCheckpoints(IOptions<DataOptions> data, string of) : ITrainingCheckpoints
{
    /// <summary>For the trainings of the terminal.</summary>
    public const string Terminal = "terminal";

    const string Extension = ".checkpoint";

    readonly string _folder = Path.Combine(FolderOf(data.Value), of), _incoming = IncomingOf(data.Value);

    public static string FolderOf(DataOptions data) => Path.Combine(data.Path, "checkpoints");

    /// <summary>Holds unfinished files.</summary>
    public static string IncomingOf(DataOptions data) => Path.Combine(FolderOf(data), "incoming");

    public async Task SaveAsync(string trainingId, Stream content, CancellationToken cancellationToken)
    {
        CheckpointName.Check(trainingId);
        try
        {
            await WriteAsync(PathOf(trainingId), content, cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StorageUnavailableException("The training's checkpoint could not be stored.", exception)
            {
                IsFull = exception is IOException failed && DiskSpace.IsExhausted(failed),
            };
        }
    }

    public Task<Stream?> OpenAsync(string trainingId, CancellationToken cancellationToken)
    {
        try
        {
            return Task.FromResult<Stream?>(!CheckpointName.IsValid(trainingId) ? null : new FileStream(PathOf(trainingId), new FileStreamOptions
            {
                Options = FileOptions.Asynchronous,
                Share = FileShare.Read | FileShare.Delete,
            }));
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return Task.FromResult<Stream?>(null);
        }
    }

    public Task DeleteAsync(string trainingId, CancellationToken cancellationToken)
    {
        if (CheckpointName.IsValid(trainingId) && Directory.Exists(_folder))
        {
            File.Delete(PathOf(trainingId));
        }

        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken)
    {
        var files = Directory.Exists(_folder) ? Directory.EnumerateFiles(_folder, $"*{Extension}") : [];
        return Task.FromResult<IReadOnlyList<string>>([.. files.Select(Path.GetFileNameWithoutExtension).OfType<string>()]);
    }

    async Task WriteAsync(string path, Stream content, CancellationToken cancellationToken)
    {
        var incoming = Path.Combine(Directory.CreateDirectory(_incoming).FullName, Path.GetRandomFileName());
        try
        {
            await using (var file = PrivateFile.Create(incoming, FileOptions.Asynchronous))
            {
                await content.CopyToAsync(file, cancellationToken);
                file.Flush(flushToDisk: true); // before the rename: a power cut must not lose the content of a named file
            }

            Directory.CreateDirectory(_folder);
            File.Move(incoming, path, overwrite: true);
        }
        finally
        {
            File.Delete(incoming);
        }
    }

    /// <param name="trainingId">A valid name.</param>
    string PathOf(string trainingId) => Path.Combine(_folder, trainingId + Extension);
}
