using TorchSharp;

namespace LoraHub.Inference.Checkpoints;

/// <summary>Where a tensor lies in a file. Whoever makes one has checked that it lies inside.</summary>
/// <param name="Offset">The first element's byte.</param>
/// <param name="Strides">In elements, one for each dimension; none is negative.</param>
sealed record StoredTensor(TensorEntry Entry, long Offset, IReadOnlyList<long> Strides)
{
    /// <summary>Elements from the first to the last, those skipped by strides included; 0 for a tensor without elements.</summary>
    public long Span => Entry.Shape.Contains(0) ? 0 : 1 + Entry.Shape.Zip(Strides, (size, stride) => (size - 1) * stride).Sum();

    public int ElementSize => Entry.DType.ElementSize();
}
