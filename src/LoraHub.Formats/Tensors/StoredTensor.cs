namespace LoraHub.Formats.Tensors;

/// <summary>The location of a tensor. The code that creates an instance checks that the tensor lies inside its file.</summary>
/// <param name="File">The file's path.</param>
/// <param name="Offset">Byte offset of the first element in the file; not always aligned to the element size. Elements are little-endian.</param>
/// <param name="Strides">In elements, one for each dimension; none is negative.</param>
public sealed record StoredTensor(string File, TensorEntry Entry, long Offset, IReadOnlyList<long> Strides)
{
    /// <summary>The number of elements from the first to the last, including those skipped by strides; 0 for an empty tensor.</summary>
    public long Span => Entry.Shape.Contains(0) ? 0 : 1 + Entry.Shape.Zip(Strides, (size, stride) => (size - 1) * stride).Sum();

    /// <summary>Bytes of one element.</summary>
    public int ElementSize => Entry.DType.Size();

    /// <summary>Whether the elements are contiguous in row-major order.</summary>
    public bool IsContiguous
    {
        get
        {
            var rowMajor = Shapes.Strides(Entry.Shape);
            return Span == 0 || Enumerable.Range(0, rowMajor.Length).All(i => Entry.Shape[i] == 1 || Strides[i] == rowMajor[i]);
        }
    }
}
