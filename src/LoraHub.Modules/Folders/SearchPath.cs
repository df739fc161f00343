using LoraHub.Modules.Versions;

namespace LoraHub.Modules.Folders;

/// <summary>
/// Finds the folders of models and modules: <c>{root}/{owner}/{name}</c>, or folders in a cache of the Hugging Face Hub (<see cref="HubCache"/>).
/// The first root that has an id wins.
/// </summary>
/// <param name="roots">The root folders; missing ones count as empty.</param>
/// <param name="owned">The root that the library publishes modules to, or null.</param>
public sealed class SearchPath(IReadOnlyList<string> roots, string? owned = null)
{
    // A mounted volume has a lost+found folder that is not readable.
    static readonly EnumerationOptions Readable = new() { IgnoreInaccessible = true, AttributesToSkip = FileAttributes.None };

    /// <summary>The folder of an id, or null if no root has it or the text is not an id.</summary>
    public string? Find(string id) => Folders(id).FirstOrDefault();

    /// <summary>The folders of an id in all roots, in their order; none if the text is not an id.</summary>
    public IEnumerable<string> Folders(string id) => ModelId.Find(id) is { } known
        ? roots
            .Select(root => Path.Combine(root, known) is var folder && Directory.Exists(folder) ? folder : HubCache.Find(root, known))
            .OfType<string>()
        : [];

    /// <summary>The folders of a module's earlier versions.</summary>
    public IEnumerable<string> EarlierVersions(string id)
    {
        var folder = owned is not null && ModelId.IsValid(id) ? Path.Combine(owned, LibraryFolder.EarlierFolder, id) : null;
        return folder is not null && Directory.Exists(folder) ? Directory.EnumerateDirectories(folder, "*", Readable) : [];
    }

    /// <summary>Whether the folder is in the root that the library publishes modules to.</summary>
    public bool IsOwned(string folder) => owned is not null && folder.StartsWith(owned + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    /// <summary>Every <c>owner/name</c> with its folder, ordered by id.</summary>
    public IEnumerable<(string Id, string Folder)> All() =>
        roots
            .Where(Directory.Exists)
            .SelectMany(root => Directory.EnumerateDirectories(root, "*", Readable))
            .SelectMany(folder => HubCache.IdOf(folder) is { } id ? Cached(id, folder) : Owned(folder))
            .Where(pair => ModelId.IsValid(pair.Id))
            .DistinctBy(pair => pair.Id)
            .OrderBy(pair => pair.Id, StringComparer.Ordinal);

    static IEnumerable<(string Id, string Folder)> Cached(string id, string folder) =>
        HubCache.Snapshot(folder) is { } snapshot ? [(id, snapshot)] : [];

    static IEnumerable<(string Id, string Folder)> Owned(string owner) =>
        Directory.EnumerateDirectories(owner, "*", Readable).Select(folder => ($"{Path.GetFileName(owner)}/{Path.GetFileName(folder)}", folder));
}
