using static TorchSharp.torch;

namespace LoraHub.Inference.Kernels;

/// <summary>The bias and masks of attention scores.</summary>
/// <param name="Positions">The bias by relative position, (H, T, S), fp32 or better, or null.</param>
/// <param name="Mask">0, or a very low number to hide the key, (B, S), of the same dtype, or null.</param>
/// <param name="IsCausal">Whether later keys are hidden from a query; the last query sees all S.</param>
readonly record struct AttentionBias(Tensor? Positions, Tensor? Mask, bool IsCausal);
