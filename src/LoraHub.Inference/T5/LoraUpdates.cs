using static TorchSharp.torch;

namespace LoraHub.Inference.T5;

/// <summary>What adapters add to the outputs of the base model's layers.</summary>
abstract class LoraUpdates
{
    /// <summary>Adds the adapters' update of a layer to the layer's output.</summary>
    /// <param name="x">(n, in).</param>
    /// <param name="y">(n, …), changed in place: the columns [start, start + size) are the layer's output.</param>
    public abstract void AddUpdate(string layer, Tensor x, Tensor y, long start, long size);
}
