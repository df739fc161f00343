using LoraHub.Core;
using LoraHub.Modules.Folders;

namespace LoraHub.Modules.HuggingFace;

/// <summary>Brings several files of a commit into one folder.</summary>
sealed class PullFiles(HubDownload download, LibraryFolder library)
{
    /// <summary>The folder that models lie in once they are complete.</summary>
    public string Models => library.Root;

    public PullFolder Open(HubModel model) => PullFolder.Open(library.Downloads, model);

    /// <summary>Returns when all are there, whole and verified.</summary>
    /// <exception cref="HubException">One does not come.</exception>
    public Task FetchAsync(HubModel model, IReadOnlyList<HubFile> files, PullFolder folder, int parallel, IPullProgress progress, CancellationToken cancellationToken) =>
        Parallel.ForEachAsync(
            files,
            new ParallelOptions { MaxDegreeOfParallelism = parallel, CancellationToken = cancellationToken },
            async (file, token) => await download.FetchAsync(model, file, folder.Path, bytes => progress.Received(model.Id, bytes), token));

    /// <summary>What stopped one model stops no other.</summary>
    /// <returns>The outcome; of what is not a reason of this model's own, the exception goes on.</returns>
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
            return new PullOutcome.Failed(id, "The disk of the data folder has no room left.");
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            return new PullOutcome.Failed(id, exception.Message);
        }
    }
}
