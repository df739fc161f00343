using System.Text.Json;
using LoraHub.Formats.Adapters;
using LoraHub.Formats.Checkpoints;
using LoraHub.Formats.Tensors;
using LoraHub.Modules.Cards;
using LoraHub.Modules.Versions;

namespace LoraHub.Modules.Folders;

/// <summary>Reads a version from its folder: the record, the configuration and the header of the weights, and the card on demand.</summary>
static class FolderReader
{
    /// <returns>The version; a broken one has a <see cref="ModuleVersion.Defect"/>.</returns>
    /// <exception cref="IOException">The folder cannot be read now.</exception>
    public static ModuleVersion Read(string id, string folder, bool isOwned, AdapterLimits limits)
    {
        var bare = new ModuleVersion
        {
            Id = id,
            Folder = folder,
            Stamp = VersionFolder.Stamp(folder),
            IsOwned = isOwned,
            Size = VersionFolder.Size(folder),
            ReadCard = () => CardReader.ReadFolder(folder),
        };
        try
        {
            var version = RecordFile.Read(bare);
            var config = AdapterConfig.Load(folder);
            var layout = AdapterLayout.Read(Checkpoint.LocateAdapter(folder).Entries, config, limits);
            return version with { BaseModel = AdapterBase.Of(config), Rank = config.Rank, Layout = layout.Signature };
        }
        catch (JsonException exception)
        {
            return bare with { Defect = $"{RecordFile.Name} cannot be read: {JsonFault.Of(exception)}" };
        }
        catch (Exception exception) when (exception is AdapterException or CheckpointException)
        {
            return bare with { Defect = exception.Message };
        }
    }
}
