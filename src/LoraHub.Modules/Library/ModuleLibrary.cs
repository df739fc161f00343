using System.Collections.Concurrent;
using LoraHub.Core;
using LoraHub.Formats.Adapters;
using LoraHub.Modules.Folders;
using LoraHub.Modules.Versions;

namespace LoraHub.Modules.Library;

/// <summary>
/// The modules in this machine's folders. A folder that comes, goes or changes is seen at the next call; unchanged ones are read once. Safe for several threads.
/// </summary>
/// <param name="limits">Of a module; null for the defaults.</param>
public class ModuleLibrary(SearchPath path, BaseModels bases, LimitsOptions? limits = null)
{
    readonly AdapterLimits _limits = (limits ?? new LimitsOptions()).OfLayout();
    readonly ConcurrentDictionary<string, ModuleVersion> _read = new(StringComparer.Ordinal); // by folder
    readonly ConcurrentDictionary<string, (string Stamp, string? Digest)> _digests = new(StringComparer.Ordinal); // of folders without a record, by folder

    readonly Lock _keeping = new();
    volatile IReadOnlyList<ModuleVersion>? _kept;

    /// <summary>
    /// All modules, ordered by id, as of the last look of the indexer, which looks every few seconds; the same list until one has changed. Where none
    /// runs: as the
    /// folders are now.
    /// </summary>
    public virtual IReadOnlyList<ModuleVersion> Known => _kept ?? List();

    /// <summary>Whether <see cref="Known"/> is kept.</summary>
    internal bool IsKept => _kept is not null;

    /// <summary>Id of the base model whose modules are drawn when an input names none.</summary>
    public string DefaultBaseModel => bases.DefaultId;

    /// <summary>The models that the modules are for.</summary>
    public BaseModels Bases => bases;

    /// <summary>All modules as the folders are now, ordered by id; broken ones too, with their <see cref="ModuleVersion.Problem"/>.</summary>
    public virtual IReadOnlyList<ModuleVersion> List() => [.. Modules().Select(pair => Current(pair.Id, pair.Folder))];

    /// <summary>The stamp of each module's folder (<see cref="ModuleVersion.Stamp"/>), by its id: no file is opened, however many folders there are.</summary>
    public virtual IReadOnlyDictionary<string, string> Stamps() => Modules().ToDictionary(pair => pair.Id, pair => StampOrNone(pair.Folder), StringComparer.Ordinal);

    /// <summary>The earlier versions of a module that the library keeps, with a record or without, in no order.</summary>
    public IReadOnlyList<ModuleVersion> EarlierVersions(string id) =>
        [.. path.EarlierVersions(id).Where(VersionFolder.IsMeantAsModule).Select(folder => Current(id, folder))];

    /// <summary>The version that is asked for. A pinned one has its <see cref="ModuleVersion.Digest"/>; to find it, folders without a record are read.</summary>
    /// <returns>Null when there is none; when several versions have the digits of the pin, too.</returns>
    public virtual ModuleVersion? Find(ModuleReference reference)
    {
        var id = reference.Id;
        var current = path.Find(id) is { } folder && VersionFolder.IsMeantAsModule(folder) ? Current(id, folder) : null;
        if (reference.Digest is null)
        {
            return current;
        }

        var versions = EarlierVersions(id).Prepend(current).OfType<ModuleVersion>();
        return versions.Select(WithDigest).OfType<ModuleVersion>().Where(version => reference.Matches(version.Digest!)).DistinctBy(version => version.Digest).ToArray() is [var only]
            ? only
            : null;
    }

    /// <summary>Looks at all folders, for <see cref="Known"/>.</summary>
    internal void Keep()
    {
        lock (_keeping)
        {
            _kept = List();
        }
    }

    /// <summary>Changes one of <see cref="Known"/>, if they are kept.</summary>
    /// <param name="version">Null when it is gone.</param>
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

    /// <summary>The digest of a version of this library. The files of one without a record are read, once until they change.</summary>
    /// <returns>Null when they cannot be read.</returns>
    public string? DigestOf(ModuleVersion version) => WithDigest(version)?.Digest;

    /// <summary>The digest of a folder without a record, read once until it changes.</summary>
    /// <returns>Null when it is not complete.</returns>
    /// <exception cref="IOException">A file cannot be read.</exception>
    internal string? ReadDigest(ModuleVersion version)
    {
        if (!_digests.TryGetValue(version.Folder, out var known) || known.Stamp != version.Stamp)
        {
            _digests[version.Folder] = known = (version.Stamp, VersionFolder.Digest(version.Folder));
        }

        return known.Digest;
    }

    /// <summary>The stamp of a version's folder when it was read, or else as it is now.</summary>
    internal static string StampOf(ModuleVersion version) => version.Stamp.Length > 0 ? version.Stamp : StampOrNone(version.Folder);

    IEnumerable<(string Id, string Folder)> Modules() => path.All().Where(pair => VersionFolder.IsMeantAsModule(pair.Folder));

    /// <returns>Empty, as in <see cref="Current"/>, when the folder cannot be looked into.</returns>
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
            // A dangling link, a folder that is going away, a file that nobody thought of: one bad module must not take the others down.
            var isUnreadable = exception is IOException or UnauthorizedAccessException;
            var defect = isUnreadable ? "its folder cannot be read." : $"it cannot be read ({exception.GetType().Name}).";
            return new ModuleVersion { Id = id, Folder = folder, Defect = defect };
        }
    }

    /// <returns>Null when its files cannot be read.</returns>
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
