using LoraHub.Core;
using LoraHub.Modules.Folders;

namespace LoraHub.Modules.HuggingFace;

/// <summary>Downloads files of a commit into one folder.</summary>
sealed class PullFiles(HubDownload download, LibraryFolder library)
{
    /// <summary>The folder of the complete models.</summary>
    public string Models => library.Root;

    public PullFolder Open(HubModel model) => PullFolder.Open(library.Downloads, model);

    /// <summary>Returns once all files are complete and verified.</summary>
    /// <exception cref="HubException">A download failed.</exception>
    public Task DownloadAsync(
        HubModel model, IReadOnlyList<HubFile> files, PullFolder folder, int parallel, IPullProgress progress, CancellationToken cancellationToken) =>
        Parallel.ForEachAsync(
            files,
            new ParallelOptions { MaxDegreeOfParallelism = parallel, CancellationToken = cancellationToken },
            async (file, token) => await download.DownloadAsync(model, file, folder.Path, bytes => progress.Received(model.Id, bytes), token));

    /// <summary>
    /// Turns exceptions about one model into a failed outcome, so that the other downloads continue. Other exceptions pass through.
    /// </summary>
    public static async Task<PullOutcome> GuardAsync(string id, Func<Task<PullOutcome>> pullAsync)
    {
        try
        {
            return await pullAsync();
        }
        catch (HubException exception)
        {
            return new PullOutcome.Failed(id, exception.Message);
        }
        catch (IOException exception) when (DiskSpace.IsExhausted(exception))
        {
            return new PullOutcome.Failed(id, "The disk of the data folder is full.");
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            return new PullOutcome.Failed(id, exception.Message);
        }
    }
}
