using LoraHub.Formats.Adapters;

using static TorchSharp.torch;

namespace LoraHub.Inference.Lora;

/// <summary>The factors of a layer inside modules that are flat vectors.</summary>
static class FlatModules
{
    /// <summary>The layer's lora_A, (…, r, in), as a view of flat modules, (…, P).</summary>
    public static Tensor A(this LayerSlot slot, Tensor numbers) =>
        numbers.narrow(numbers.dim() - 1, slot.Offset, slot.Rank * slot.Input).unflatten(numbers.dim() - 1, slot.Rank, slot.Input);

    /// <summary>The layer's lora_B, (…, out, r), as a view of flat modules, (…, P).</summary>
    public static Tensor B(this LayerSlot slot, Tensor numbers) =>
        numbers.narrow(numbers.dim() - 1, slot.Offset + (slot.Rank * slot.Input), slot.Output * slot.Rank)
            .unflatten(numbers.dim() - 1, slot.Output, slot.Rank);
}
