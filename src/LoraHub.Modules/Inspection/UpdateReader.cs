using LoraHub.Formats.Adapters;
using LoraHub.Formats.Checkpoints;
using LoraHub.Formats.Tensors;

namespace LoraHub.Modules.Inspection;

/// <summary>Reads a module's update layer by layer, so that only one layer is in memory.</summary>
sealed class UpdateReader : IDisposable
{
    readonly CheckpointReader _checkpoint;
    readonly Dictionary<string, LayerSlot> _slots;

    /// <exception cref="AdapterException">The folder is not an adapter.</exception>
    /// <exception cref="CheckpointException">Its weights cannot be read.</exception>
    public UpdateReader(string folder)
    {
        var config = AdapterConfig.Load(folder);
        _checkpoint = CheckpointReader.OpenAdapter(folder);
        try
        {
            _slots = AdapterLayout.Read(_checkpoint.Entries, config).Slots.ToDictionary(slot => slot.Layer, StringComparer.Ordinal);
        }
        catch
        {
            _checkpoint.Dispose();
            throw;
        }
    }

    public IReadOnlyCollection<string> Layers => _slots.Keys;

    /// <param name="layer">One of <see cref="Layers"/>.</param>
    public LayerFactors Read(string layer) => LayerFactors.Read(_checkpoint, _slots[layer]);

    public void Dispose() => _checkpoint.Dispose();
}
