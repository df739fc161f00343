using LoraHub.Modules.Versions;

namespace LoraHub.Modules.Folders;

/// <summary>
/// Reads the cache of Hugging Face's tools: <c>models--OWNER--NAME/snapshots/COMMIT</c> has links to <c>blobs</c>, and <c>refs/main</c> names the
/// commit of the branch <c>main</c>.
/// </summary>
static class HubCache
{
    const string Prefix = "models--", Separator = "--";

    /// <summary>The id of the model or module in a folder of the cache; null for any other folder.</summary>
    public static string? IdOf(string folder)
    {
        var name = Path.GetFileName(folder);
        return name.StartsWith(Prefix, StringComparison.Ordinal) && name[Prefix.Length..].Split(Separator) is { Length: 1 or 2 } parts
            ? ModelId.Find(string.Join('/', parts))
            : null;
    }

    /// <summary>The folder with the files of an id, or null if the cache does not have it.</summary>
    public static string? Find(string root, string id)
    {
        var folder = Path.Combine(root, Prefix + id.Replace("/", Separator, StringComparison.Ordinal));
        var old = ModelId.OldName(id) is { } name ? Path.Combine(root, Prefix + name) : null;
        return Snapshot(folder) ?? (old is null ? null : Snapshot(old));
    }

    /// <summary>The snapshot of the branch <c>main</c>, or else the newest one.</summary>
    /// <param name="folder">The folder of a model in the cache, which may be missing.</param>
    /// <returns>Null if there is no snapshot.</returns>
    public static string? Snapshot(string folder)
    {
        var snapshots = new DirectoryInfo(Path.Combine(folder, "snapshots"));
        try
        {
            if (!snapshots.Exists)
            {
                return null;
            }

            var main = Path.Combine(folder, "refs", "main");
            var commit = File.Exists(main) ? File.ReadAllText(main).Trim() : "";
            var named = commit.Length > 0 && commit.All(char.IsAsciiHexDigit) ? Path.Combine(snapshots.FullName, commit) : null;
            return named is not null && Directory.Exists(named)
                ? named
                : snapshots.EnumerateDirectories()
                    .OrderByDescending(snapshot => snapshot.LastWriteTimeUtc).ThenBy(snapshot => snapshot.Name, StringComparer.Ordinal)
                    .FirstOrDefault()?.FullName;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null; // another user's cache
        }
    }
}
