using LoraHub.Formats.Adapters;
using LoraHub.Inference.T5;

using static TorchSharp.torch;

namespace LoraHub.Inference.Lora;

/// <summary>
/// The exact composition ΔW = Σ wᵢ · scalingᵢ · BᵢAᵢ, for modules of any ranks and targets. The factors of all modules are concatenated for
/// each layer. Only the gate between them depends on the weights, so a search composes nothing.
/// </summary>
sealed class DeltaComposition : IComposition
{
    readonly IReadOnlyList<LoraModule> _modules;
    readonly (int Module, double Scaling)[] _gates;
    readonly Dictionary<string, Concatenated> _layers;
    readonly Device _device;
    readonly ScalarType _computeType;

    /// <param name="computeType">The dtype the model multiplies in.</param>
    public DeltaComposition(IReadOnlyList<LoraModule> modules, ScalarType computeType)
    {
        using var scope = NewDisposeScope();
        _modules = modules;
        _computeType = computeType;
        _device = modules[0].Numbers.device;
        _gates = [.. modules.SelectMany((module, index) => module.Layout.Slots.Select(slot => (index, slot.Scaling)).Distinct())];
        _layers = modules
            .SelectMany((module, index) => module.Layout.Slots.Select(slot => new Part(index, slot)))
            .GroupBy(part => part.Slot.Layer)
            .OrderBy(layer => layer.Key, StringComparer.Ordinal)
            .ToDictionary(layer => layer.Key, layer => Concatenate([.. layer]));
    }

    public LoraLayers Compose(IReadOnlyList<double[]> weights)
    {
        double[] products = [.. weights.SelectMany(row => _gates.Select(gate => row[gate.Module] * gate.Scaling))];
        var scaled = tensor(products, [weights.Count, 1, _gates.Length], _computeType, _device); // (P, 1, G)
        var gates = weights.Count == 1 ? scaled[0] : scaled;
        return new LoraLayers(
            _layers.ToDictionary(
                pair => pair.Key, pair => new LoraLayer(pair.Value.A, pair.Value.B, 1, gates.index_select(-1, pair.Value.GateOfRow))),
            weights.Count);
    }

    /// <remarks>
    /// Weights and scalings are folded into B, and modules of weight 0 are omitted. Every layer is padded with zeros to the largest rank, because
    /// PEFT has a single r.
    /// </remarks>
    public PeftAdapter ToPeft(ReadOnlySpan<double> weights)
    {
        var given = weights.ToArray();
        var used = _layers.ToDictionary(
            pair => pair.Key, pair => pair.Value.Parts.Where(part => given[part.Module] * part.Slot.Scaling != 0).ToArray());
        var rank = Math.Max(1, used.Values.Max(parts => parts.Sum(part => part.Slot.Rank)));
        var factors = _layers.ToDictionary(
            layer => layer.Key,
            layer => new PeftFactors(layer.Key, Zeros(rank, layer.Value.A.shape[1]), Zeros(layer.Value.B.shape[0], rank)));
        for (var module = 0; module < _modules.Count; module++)
        {
            using var scope = NewDisposeScope();
            if (given[module] != 0)
            {
                Fold(module, given[module], used, factors);
            }
        }

        return new PeftAdapter(rank, rank, [.. factors.Values]);
    }

    public void Dispose()
    {
        foreach (var layer in _layers.Values)
        {
            layer.A.Dispose();
            layer.B.Dispose();
            layer.GateOfRow.Dispose();
        }
    }

    Concatenated Concatenate(IReadOnlyList<Part> parts)
    {
        var gateOfRow = parts
            .SelectMany(part => Enumerable.Repeat((long)Array.IndexOf(_gates, (part.Module, part.Slot.Scaling)), part.Slot.Rank)).ToArray();
        return new Concatenated(
            parts,
            cat([.. parts.Select(A)], 0).to(_computeType).DetachFromDisposeScope(),
            cat([.. parts.Select(B)], 1).to(_computeType).DetachFromDisposeScope(),
            tensor(gateOfRow, device: _device).DetachFromDisposeScope());
    }

    /// <summary>Copies a module's factors to their rows among those of the modules used.</summary>
    void Fold(int module, double weight, Dictionary<string, Part[]> used, Dictionary<string, PeftFactors> factors)
    {
        var numbers = _modules[module].ExactNumbers();
        foreach (var slot in _modules[module].Layout.Slots.Where(slot => weight * slot.Scaling != 0))
        {
            var row = used[slot.Layer].TakeWhile(part => part.Module != module).Sum(part => part.Slot.Rank);
            factors[slot.Layer].A.narrow(0, row, slot.Rank).copy_(slot.A(numbers));
            factors[slot.Layer].B.narrow(1, row, slot.Rank).copy_(slot.B(numbers).mul(tensor(weight * slot.Scaling, numbers.dtype, numbers.device)));
        }
    }

    Tensor Zeros(long rows, long columns) => zeros([rows, columns], _modules[0].ExactType, _device);

    Tensor A(Part part) => part.Slot.A(_modules[part.Module].Numbers);

    Tensor B(Part part) => part.Slot.B(_modules[part.Module].Numbers);

    readonly record struct Part(int Module, LayerSlot Slot);

    /// <param name="Parts">The modules that update the layer, in order.</param>
    /// <param name="A">All their lora_A, (R, in).</param>
    /// <param name="B">All their lora_B, (out, R).</param>
    /// <param name="GateOfRow">The gate of each of the R rows, (R): a module's weight times one of its scalings.</param>
    sealed record Concatenated(IReadOnlyList<Part> Parts, Tensor A, Tensor B, Tensor GateOfRow);
}
