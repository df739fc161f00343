namespace LoraHub.Formats.Tensors;

/// <summary>The name, type and shape of a tensor in a checkpoint; a 0-dimensional tensor has an empty shape.</summary>
public sealed record TensorEntry(string Name, DType DType, IReadOnlyList<long> Shape)
{
    /// <summary>The number of elements.</summary>
    public long Elements => Shape.Aggregate(1L, (elements, size) => checked(elements * size));

    /// <summary>The size of the tensor's contiguous data in bytes.</summary>
    public long Bytes => checked(Elements * DType.Size());
}
