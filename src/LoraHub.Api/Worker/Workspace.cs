namespace LoraHub.Api.Worker;

/// <summary>A folder of one prediction's own, gone with all that is in it when disposed.</summary>
sealed class Workspace : IDisposable
{
    Workspace(string folder) => Folder = folder;

    public string Folder { get; }

    /// <param name="dataPath">The data folder; workspaces are in its <c>tmp/</c>.</param>
    public static Workspace Create(string dataPath) =>
        new(Directory.CreateDirectory(Path.Combine(dataPath, "tmp", Path.GetRandomFileName())).FullName);

    public void Dispose()
    {
        try
        {
            Directory.Delete(Folder, recursive: true);
        }
        catch (IOException)
        {
            // What was predicted stands, whatever is left lying here.
        }
    }
}
