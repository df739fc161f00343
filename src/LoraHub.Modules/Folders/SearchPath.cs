using LoraHub.Modules.Versions;

namespace LoraHub.Modules.Folders;

/// <summary>Where models and modules are looked for: <c>{root}/{owner}/{name}</c>, the first root that has it wins.</summary>
/// <param name="roots">Existing or not; a missing folder is an empty one.</param>
/// <param name="owned">The one of the roots that the library puts modules into, or null.</param>
public sealed class SearchPath(IReadOnlyList<string> roots, string? owned = null)
{
    // A mounted volume has a lost+found that nobody may read.
    static readonly EnumerationOptions Readable = new() { IgnoreInaccessible = true, AttributesToSkip = FileAttributes.None };

    /// <summary>The folder of an id, or null when no root has it or the id is not <c>owner/name</c>.</summary>
    public string? Find(string id) =>
        ModelId.IsValid(id) ? roots.Select(root => Path.Combine(root, id)).FirstOrDefault(Directory.Exists) : null;

    /// <summary>The folders of a module's earlier versions, which the library keeps.</summary>
    public IEnumerable<string> EarlierVersions(string id)
    {
        var folder = owned is not null && ModelId.IsValid(id) ? Path.Combine(owned, LibraryFolder.EarlierFolder, id) : null;
        return folder is not null && Directory.Exists(folder) ? Directory.EnumerateDirectories(folder, "*", Readable) : [];
    }

    /// <summary>Whether the folder is one that the library puts modules into.</summary>
    public bool IsOwned(string folder) => owned is not null && folder.StartsWith(owned + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    /// <summary>Every <c>owner/name</c> with its folder, ordered by id.</summary>
    public IEnumerable<(string Id, string Folder)> All() =>
        roots
            .Where(Directory.Exists)
            .SelectMany(root => Directory.EnumerateDirectories(root, "*", Readable))
            .SelectMany(owner => Directory.EnumerateDirectories(owner, "*", Readable))
            .Select(folder => (Id: $"{Path.GetFileName(Path.GetDirectoryName(folder))}/{Path.GetFileName(folder)}", Folder: folder))
            .Where(pair => ModelId.IsValid(pair.Id))
            .DistinctBy(pair => pair.Id)
            .OrderBy(pair => pair.Id, StringComparer.Ordinal);
}
