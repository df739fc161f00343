namespace LoraHub.Modules.Folders;

/// <summary>A folder with the files of a module that is being published. Disposing it deletes the folder, unless it was moved.</summary>
public sealed class IncomingFolder : IDisposable
{
    internal IncomingFolder(string path) => Path = path;

    public string Path { get; }

    public void Dispose() => Deletion.Delete(Path);
}
