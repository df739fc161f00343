using System.Collections.Concurrent;
using System.Text.Json;

using LoraHub.Core.Modules;
using LoraHub.Inference.Checkpoints;
using LoraHub.Inference.Lora;

namespace LoraHub.Inference.Models;

/// <summary>The PEFT folders as modules. A folder that comes, goes or changes is seen at the next call; unchanged ones are read once.</summary>
public sealed class FolderModuleCatalog(ModelFolders folders, string defaultBaseModel) : IModuleCatalog
{
    readonly ConcurrentDictionary<string, ModuleInfo> _read = new(StringComparer.Ordinal); // by folder
    readonly ConcurrentDictionary<string, (string Stamp, string Digest)> _digests = new(StringComparer.Ordinal); // of folders without a record, by folder

    public string DefaultBaseModel => defaultBaseModel;

    public string DigestBaseModel()
    {
        try
        {
            return folders.Find(defaultBaseModel) is { } folder ? ModelDigest.Of(folder) : ModelDigest.OfNothing;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return ModelDigest.OfNothing; // the setup fails of the same, and says so
        }
    }

    public IReadOnlyList<ModuleInfo> List() => [.. folders.All().Where(pair => IsModule(pair.Folder)).Select(pair => Current(pair.Id, pair.Folder))];

    public IReadOnlyDictionary<string, string> Stamps() =>
        folders.All().Where(pair => IsModule(pair.Folder)).ToDictionary(pair => pair.Id, pair => StampOrNone(pair.Folder), StringComparer.Ordinal);

    public IReadOnlyList<ModuleInfo> EarlierVersions(string id) =>
        [.. folders.EarlierVersions(id).Where(IsModule).Select(folder => Current(id, folder)).Where(version => version.Record is not null)];

    public ModuleInfo? Find(ModuleReference reference)
    {
        var id = reference.Id;
        var current = folders.Find(id) is { } folder && IsModule(folder) ? Current(id, folder) : null;
        if (reference.Digest is null)
        {
            return current;
        }

        var versions = folders.EarlierVersions(id).Where(IsModule).Select(earlier => Current(id, earlier)).Prepend(current).OfType<ModuleInfo>();
        return versions.Select(WithDigest).OfType<ModuleInfo>().Where(version => reference.Means(version.Digest!)).DistinctBy(version => version.Digest).ToArray() is [var only]
            ? only
            : null;
    }

    /// <summary>Differs whenever a file of the folder was written, came or went.</summary>
    internal static string Stamp(string folder) => string.Join(
        '|',
        new DirectoryInfo(folder).EnumerateFiles().OrderBy(file => file.Name, StringComparer.Ordinal).Select(file => $"{file.Name}:{file.Length}:{file.LastWriteTimeUtc.Ticks}"));

    /// <returns>Empty, as in <see cref="Current"/>, when the folder cannot be looked into.</returns>
    static string StampOrNone(string folder)
    {
        try
        {
            return Stamp(folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    static bool IsModule(string folder) => File.Exists(Path.Combine(folder, ModuleFiles.Config));

    ModuleInfo Current(string id, string folder)
    {
        try
        {
            var stamp = Stamp(folder);
            if (!_read.TryGetValue(folder, out var known) || known.Stamp != stamp)
            {
                _read[folder] = known = Read(id, folder) with { Stamp = stamp, IsOwned = folders.IsOwned(folder) };
            }

            return known;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A dangling link, a folder that is going away: one bad module must not take the others down.
            return new ModuleInfo { Id = id, Folder = folder, Problem = "its folder cannot be read." };
        }
    }

    static ModuleInfo Read(string id, string folder)
    {
        try
        {
            var record = ReadRecord(folder);
            var config = AdapterConfig.Load(folder);
            using var checkpoint = Checkpoint.OpenAdapter(folder);
            var layout = AdapterLayout.Read(checkpoint.Entries, config.Rank);
            return new ModuleInfo
            {
                Id = id,
                Folder = folder,
                Digest = record?.Digest,
                BaseModel = config.BaseModel,
                Rank = config.Rank,
                Layout = layout.Signature,
                Card = CardText.Read(folder),
                Record = record,
                Problem = record?.Quarantine is { } reason ? $"it is in quarantine: {reason}" : null,
            };
        }
        catch (Exception exception) when (exception is AdapterException or CheckpointException)
        {
            return new ModuleInfo { Id = id, Folder = folder, Problem = exception.Message };
        }
    }

    static ModuleRecord? ReadRecord(string folder)
    {
        var path = Path.Combine(folder, ModuleRecord.FileName);
        try
        {
            return File.Exists(path) ? ModuleRecord.FromJson(File.ReadAllBytes(path)) : null;
        }
        catch (JsonException exception)
        {
            throw new AdapterException($"{ModuleRecord.FileName} cannot be read: {exception.Message}", exception);
        }
    }

    /// <returns>Null when its files cannot be read.</returns>
    ModuleInfo? WithDigest(ModuleInfo version)
    {
        if (version.Digest is not null)
        {
            return version;
        }

        try
        {
            if (!_digests.TryGetValue(version.Folder, out var known) || known.Stamp != version.Stamp)
            {
                _digests[version.Folder] = known = (version.Stamp, ModuleDigest.Of(version.Folder));
            }

            return version with { Digest = known.Digest };
        }
        catch (Exception exception) when (exception is CheckpointException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
