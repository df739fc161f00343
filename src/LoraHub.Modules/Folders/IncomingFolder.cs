namespace LoraHub.Modules.Folders;

/// <summary>A module's files on their way in. Disposing it deletes the folder unless it was moved away.</summary>
public sealed class IncomingFolder : IDisposable
{
    internal IncomingFolder(string path) => Path = path;

    public string Path { get; }

    public void Dispose() => Deletion.Delete(Path);
}
