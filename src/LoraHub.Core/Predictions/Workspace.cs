namespace LoraHub.Core.Predictions;

/// <summary>A temporary folder of one prediction, deleted with its content on disposal.</summary>
public sealed class Workspace : IDisposable
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
            // The prediction's result stays valid; the temporary-file sweep deletes the folder later.
        }
    }
}
