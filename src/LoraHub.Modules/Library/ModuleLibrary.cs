using System.Collections.Concurrent;
using LoraHub.Core;
using LoraHub.Formats.Adapters;
using LoraHub.Modules.Folders;
using LoraHub.Modules.Versions;

namespace LoraHub.Modules.Library;

/// <summary>
/// The modules in this machine's folders. New, changed and deleted folders are noticed at the next call; unchanged ones are read once. Thread-safe.
/// </summary>
/// <param name="limits">The limits of a module; null for the defaults.</param>
public class ModuleLibrary(SearchPath path, BaseModels bases, LimitsOptions? limits = null)
{
    readonly AdapterLimits _limits = (limits ?? new LimitsOptions()).OfLayout();
    readonly ConcurrentDictionary<string, ModuleVersion> _read = new(StringComparer.Ordinal); // by folder

    // By folder, for folders without a record.
    readonly ConcurrentDictionary<string, (string Stamp, string? Digest)> _digests = new(StringComparer.Ordinal);

    readonly Lock _keeping = new();
    volatile IReadOnlyList<ModuleVersion>? _kept;

    /// <summary>
    /// All modules, ordered by id, as of the indexer's last check, which runs every few seconds; the same instance until a module changes. Without an
    /// indexer, the modules that are in the folders now.
    /// </summary>
    public virtual IReadOnlyList<ModuleVersion> Known => _kept ?? List();

    /// <summary>Whether <see cref="Known"/> is cached.</summary>
    internal bool IsKept => _kept is not null;

    /// <summary>The id of the base model whose modules are drawn if an input names none.</summary>
    public string DefaultBaseModel => bases.DefaultId;

    /// <summary>The base models of the modules.</summary>
    public BaseModels Bases => bases;

    /// <summary>
    /// All modules that are in the folders now, ordered by id, including broken ones with their <see cref="ModuleVersion.Problem"/>.
    /// </summary>
    public virtual IReadOnlyList<ModuleVersion> List() => [.. Modules().Select(pair => Current(pair.Id, pair.Folder))];

    /// <summary>The stamp of each module's folder (<see cref="ModuleVersion.Stamp"/>), by id. Opens no files.</summary>
    public virtual IReadOnlyDictionary<string, string> Stamps() =>
        Modules().ToDictionary(pair => pair.Id, pair => StampOrNone(pair.Folder), StringComparer.Ordinal);

    /// <summary>The first module whose id differs from this one only in case; null if there is none, or there is one with exactly this id.</summary>
    public string? OtherSpelling(string id)
    {
        var known = Stamps().Keys.Where(other => other.Equals(id, StringComparison.OrdinalIgnoreCase)).ToArray();
        return known.Contains(id, StringComparer.Ordinal) ? null : known.Min(StringComparer.Ordinal);
    }

    /// <summary>The earlier versions of a module, with or without a record, in no particular order.</summary>
    public IReadOnlyList<ModuleVersion> EarlierVersions(string id) =>
        [.. path.EarlierVersions(id).Where(VersionFolder.IsMeantAsModule).Select(folder => Current(id, folder))];

    /// <summary>Finds a version. A pinned one has its <see cref="ModuleVersion.Digest"/>; to find it, folders without a record are read.</summary>
    /// <returns>Null if there is none, or if several versions match the pin.</returns>
    public virtual ModuleVersion? Find(ModuleReference reference)
    {
        var id = reference.Id;
        var current = path.Find(id) is { } folder && VersionFolder.IsMeantAsModule(folder) ? Current(id, folder) : null;
        if (reference.Digest is null)
        {
            return current;
        }

        var versions = EarlierVersions(id).Prepend(current).OfType<ModuleVersion>();
        var matches = versions.Select(WithDigest).OfType<ModuleVersion>().Where(version => reference.Matches(version.Digest!));
        return matches.DistinctBy(version => version.Digest).ToArray() is [var only] ? only : null;
    }

    /// <summary>The versions with these bytes, current and earlier ones of all modules, ordered by id. Finds only versions with a record.</summary>
    /// <param name="digest">The full digest.</param>
    public IReadOnlyList<ModuleVersion> VersionsOf(string digest) =>
        [.. List().SelectMany(module => EarlierVersions(module.Id).Prepend(module)).Where(version => version.Digest == digest)];

    /// <summary>Updates <see cref="Known"/> from all folders.</summary>
    internal void Keep()
    {
        lock (_keeping)
        {
            _kept = List();
        }
    }

    /// <summary>Updates a module in <see cref="Known"/>, if that is cached.</summary>
    /// <param name="version">Null if it was deleted.</param>
    internal void Keep(string id, ModuleVersion? version)
    {
        lock (_keeping)
        {
            if (_kept is { } kept && !kept.Any(module => ReferenceEquals(module, version)))
            {
                IEnumerable<ModuleVersion> changed = kept.Where(module => module.Id != id);
                _kept = [.. (version is null ? changed : changed.Append(version)).OrderBy(module => module.Id, StringComparer.Ordinal)];
            }
        }
    }

    /// <summary>The digest of a version. The files of a version without a record are read once until they change.</summary>
    /// <returns>Null if the files cannot be read.</returns>
    public string? DigestOf(ModuleVersion version) => WithDigest(version)?.Digest;

    /// <summary>The digest of a folder without a record; its files are read once until they change.</summary>
    /// <returns>Null if the folder is incomplete.</returns>
    /// <exception cref="IOException">A file cannot be read.</exception>
    internal string? ReadDigest(ModuleVersion version)
    {
        if (!_digests.TryGetValue(version.Folder, out var known) || known.Stamp != version.Stamp)
        {
            _digests[version.Folder] = known = (version.Stamp, VersionFolder.Digest(version.Folder));
        }

        return known.Digest;
    }

    /// <summary>The stamp that a version's folder had when it was read, or its current one.</summary>
    internal static string StampOf(ModuleVersion version) => version.Stamp.Length > 0 ? version.Stamp : StampOrNone(version.Folder);

    IEnumerable<(string Id, string Folder)> Modules() => path.All().Where(pair => VersionFolder.IsMeantAsModule(pair.Folder));

    /// <returns>Empty, as in <see cref="Current"/>, if the folder cannot be read.</returns>
    static string StampOrNone(string folder)
    {
        try
        {
            return VersionFolder.Stamp(folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    ModuleVersion Current(string id, string folder)
    {
        try
        {
            var stamp = VersionFolder.Stamp(folder);
            if (!_read.TryGetValue(folder, out var known) || known.Stamp != stamp)
            {
                _read[folder] = known = FolderReader.Read(id, folder, path.IsOwned(folder), _limits) with { Stamp = stamp };
            }

            return known;
        }
        catch (Exception exception)
        {
            // A dangling link, a folder that is being deleted, or an unexpected file: one bad module must not affect the others.
            var isUnreadable = exception is IOException or UnauthorizedAccessException;
            var defect = isUnreadable ? "its folder cannot be read." : $"it cannot be read ({exception.GetType().Name}).";
            return new ModuleVersion { Id = id, Folder = folder, Defect = defect };
        }
    }

    /// <returns>Null if its files cannot be read.</returns>
    ModuleVersion? WithDigest(ModuleVersion version)
    {
        try
        {
            return version.Digest is not null ? version : ReadDigest(version) is { } digest ? version with { Digest = digest } : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
