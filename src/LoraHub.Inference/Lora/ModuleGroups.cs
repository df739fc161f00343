using LoraHub.Formats.Adapters;
using LoraHub.Inference.T5;

using static TorchSharp.torch;

namespace LoraHub.Inference.Lora;

/// <summary>Adapters of one module each at w = 1, or of the sum of a few: Σ scalingᵢ · BᵢAᵢ. They are independent of each other.</summary>
static class ModuleGroups
{
    /// <summary>Ranks are padded to a multiple of this, so that modules with r 4 to 16 share a pass.</summary>
    const int RankStep = 16;

    /// <summary>The rank of a group's adapter: the sum of its modules' ranks, padded.</summary>
    public static int Rank(IReadOnlyList<LoraModule> group) => (group.Sum(module => module.Layout.Rank) + RankStep - 1) / RankStep * RankStep;

    /// <param name="groups">P groups with the same <see cref="Rank"/>.</param>
    /// <param name="computeType">The dtype the model multiplies in.</param>
    /// <returns>One adapter for each group; their tensors belong to the caller's scope.</returns>
    public static LoraLayers Compose(IReadOnlyList<IReadOnlyList<LoraModule>> groups, ScalarType computeType)
    {
        var parts = groups.SelectMany((group, adapter) => group.SelectMany((module, place) =>
            module.Layout.Slots.Select(slot => new Part(adapter, group.Take(place).Sum(before => before.Layout.Rank), module, slot))));
        var layers = parts.GroupBy(part => part.Slot.Layer)
            .ToDictionary(layer => layer.Key, layer => Layer([.. layer], groups.Count, Rank(groups[0]), computeType));
        return new LoraLayers(layers, groups.Count);
    }

    static LoraLayer Layer(IReadOnlyList<Part> parts, int adapters, int rank, ScalarType type)
    {
        using var scope = NewDisposeScope();
        var (shape, device) = (parts[0].Slot, parts[0].Module.Numbers.device);
        var (a, b) = (zeros([adapters, rank, shape.Input], type, device), zeros([adapters, shape.Output, rank], type, device));
        var gates = new double[adapters * rank];
        foreach (var (adapter, row, module, slot) in parts)
        {
            a[adapter].narrow(0, row, slot.Rank).copy_(slot.A(module.Numbers));
            b[adapter].narrow(1, row, slot.Rank).copy_(slot.B(module.Numbers));
            Array.Fill(gates, slot.Scaling, (adapter * rank) + row, slot.Rank);
        }

        var gate = tensor(gates, [adapters, 1, rank], type, device);
        return adapters == 1 ? new LoraLayer(Kept(a[0]), Kept(b[0]), 1, Kept(gate[0])) : new LoraLayer(Kept(a), Kept(b), 1, Kept(gate));
    }

    static Tensor Kept(Tensor tensor) => tensor.MoveToOuterDisposeScope();

    /// <param name="Row">The index of the module's first row in the adapter.</param>
    readonly record struct Part(int Adapter, int Row, LoraModule Module, LayerSlot Slot);
}
