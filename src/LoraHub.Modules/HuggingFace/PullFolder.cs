using LoraHub.Modules.Folders;

namespace LoraHub.Modules.HuggingFace;

/// <summary>Where the files of one commit gather, on the disk of the models folder. It outlasts the program, so that the next pull goes on where this one stopped.</summary>
sealed class PullFolder : IDisposable
{
    readonly string _ofModel;
    readonly FileStream _lock;

    PullFolder(string ofModel, string path, FileStream held) => (_ofModel, Path, _lock) = (ofModel, path, held);

    public string Path { get; }

    /// <param name="downloads">See <see cref="LibraryFolder.Downloads"/>.</param>
    /// <exception cref="HubException">Another process downloads this model.</exception>
    public static PullFolder Open(string downloads, HubModel model)
    {
        var ofModel = System.IO.Path.Combine(downloads, model.Id.Replace('/', '+')); // no name has a plus
        Directory.CreateDirectory(ofModel);
        var held = Hold(System.IO.Path.Combine(ofModel, ".lock"), model.Id);
        try
        {
            var path = System.IO.Path.Combine(ofModel, model.Commit);
            foreach (var other in Directory.EnumerateDirectories(ofModel).Where(folder => folder != path))
            {
                Directory.Delete(other, recursive: true); // parts of a commit that is no longer asked for
            }

            Directory.CreateDirectory(path);
            return new PullFolder(ofModel, path, held);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>Takes the folder away, with what is left in it.</summary>
    public void Remove() => Directory.Delete(_ofModel, recursive: true);

    public void Dispose() => _lock.Dispose();

    static FileStream Hold(string path, string id)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception)
        {
            throw new HubException($"{id} is being brought by another process.", exception);
        }
    }
}
