using static TorchSharp.torch;

namespace LoraHub.Inference.T5;

/// <summary>Keys and values, (B, H, S, K) each.</summary>
readonly record struct KeysValues(Tensor Keys, Tensor Values);
