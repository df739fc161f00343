using System.Collections.Concurrent;

using LoraHub.Core.Modules;
using LoraHub.Inference.Checkpoints;
using LoraHub.Inference.Lora;

namespace LoraHub.Inference.Models;

/// <summary>The PEFT folders as modules. A folder that comes, goes or changes is seen at the next call; unchanged ones are read once.</summary>
public sealed class FolderModuleCatalog(ModelFolders folders, string defaultBaseModel) : IModuleCatalog
{
    readonly ConcurrentDictionary<string, (string Stamp, ModuleInfo Module)> _read = new(StringComparer.Ordinal);

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

    public IReadOnlyList<ModuleInfo> List() =>
    [
        .. folders.All()
            .Where(pair => File.Exists(Path.Combine(pair.Folder, "adapter_config.json")))
            .Select(pair => Current(pair.Id, pair.Folder)),
    ];

    /// <summary>Differs whenever a file of the folder was written, came or went.</summary>
    internal static string Stamp(string folder) => string.Join(
        '|',
        new DirectoryInfo(folder).EnumerateFiles().OrderBy(file => file.Name, StringComparer.Ordinal).Select(file => $"{file.Name}:{file.Length}:{file.LastWriteTimeUtc.Ticks}"));

    ModuleInfo Current(string id, string folder)
    {
        try
        {
            var stamp = Stamp(folder);
            if (!_read.TryGetValue(folder, out var known) || known.Stamp != stamp)
            {
                known = (stamp, Read(id, folder));
                _read[folder] = known;
            }

            return known.Module;
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
            var config = AdapterConfig.Load(folder);
            using var checkpoint = Checkpoint.OpenAdapter(folder);
            var layout = AdapterLayout.Read(checkpoint.Entries, config.Rank);
            return new ModuleInfo { Id = id, Folder = folder, BaseModel = config.BaseModel, Rank = config.Rank, Layout = layout.Signature, Card = CardText.Read(folder) };
        }
        catch (Exception exception) when (exception is AdapterException or CheckpointException)
        {
            return new ModuleInfo { Id = id, Folder = folder, Problem = exception.Message };
        }
    }
}
