using LoraHub.Modules.Folders;

namespace LoraHub.Modules.HuggingFace;

/// <summary>
/// The folder for the partial downloads of one commit, on the disk of the models folder. It is kept between runs, so that the next run resumes.
/// </summary>
sealed class PullFolder : IDisposable
{
    readonly string _modelFolder;
    readonly FileStream _lock;

    PullFolder(string modelFolder, string path, FileStream held) => (_modelFolder, Path, _lock) = (modelFolder, path, held);

    public string Path { get; }

    /// <param name="downloads">See <see cref="LibraryFolder.Downloads"/>.</param>
    /// <exception cref="HubException">Another process is downloading this model.</exception>
    public static PullFolder Open(string downloads, HubModel model)
    {
        var modelFolder = System.IO.Path.Combine(downloads, model.Id.Replace('/', '+')); // ids contain no plus sign
        Directory.CreateDirectory(modelFolder);
        var held = Lock(System.IO.Path.Combine(modelFolder, ".lock"), model.Id);
        try
        {
            var path = System.IO.Path.Combine(modelFolder, model.Commit);
            foreach (var other in Directory.EnumerateDirectories(modelFolder).Where(folder => folder != path))
            {
                Directory.Delete(other, recursive: true); // partial downloads of another commit
            }

            Directory.CreateDirectory(path);
            return new PullFolder(modelFolder, path, held);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>Deletes the folder with its files.</summary>
    public void Remove() => Directory.Delete(_modelFolder, recursive: true);

    public void Dispose() => _lock.Dispose();

    static FileStream Lock(string path, string id)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception)
        {
            throw new HubException($"Another process is downloading {id}.", exception);
        }
    }
}
