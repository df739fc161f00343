using LoraHub.Formats.Safetensors;
using LoraHub.Formats.Tensors;

using static TorchSharp.torch;

namespace LoraHub.Inference.Checkpoints;

/// <summary>Writes tensors as safetensors. Reads each in its own dispose scope.</summary>
public static class TensorWriter
{
    // A span is limited to 2 GiB; a multiple of every element size.
    const long PieceBytes = 1L << 28;

    /// <summary>Writes tensors in memory to a file. Replaces an existing file.</summary>
    /// <exception cref="NotSupportedException">safetensors does not support a tensor's type.</exception>
    public static void Write(string file, IReadOnlyDictionary<string, Tensor> tensors)
    {
        using var stream = File.Create(file);
        Write(stream, tensors);
    }

    /// <summary>Writes tensors in memory, on any device and with any strides.</summary>
    /// <exception cref="NotSupportedException">safetensors does not support a tensor's type.</exception>
    public static void Write(Stream stream, IReadOnlyDictionary<string, Tensor> tensors) =>
        SafetensorsWriter.Write(
            stream,
            tensors.Select(pair => new TensorEntry(pair.Key, pair.Value.dtype.ToDType(), pair.Value.shape)),
            Data(name => tensors[name]));

    /// <summary>Provides the data of tensors that are computed during the write.</summary>
    /// <param name="read">Returns the tensor with a name, on any device and with any strides, in the caller's dispose scope.</param>
    /// <returns>A delegate that throws an <see cref="ArgumentException"/> if a tensor does not match its entry.</returns>
    public static TensorData Data(Func<string, Tensor> read) => (entry, write) =>
    {
        using var scope = NewDisposeScope();
        var tensor = read(entry.Name);
        if (tensor.dtype != entry.DType.ToScalarType() || !tensor.shape.SequenceEqual(entry.Shape))
        {
            throw new ArgumentException(
                $"'{entry.Name}' must be {entry.DType} [{string.Join(", ", entry.Shape)}], "
                + $"but is {tensor.dtype} [{string.Join(", ", tensor.shape)}].",
                nameof(entry));
        }

        var flat = tensor.detach().cpu().contiguous().view(-1);
        var piece = PieceBytes / flat.ElementSize;
        for (long done = 0; done < flat.NumberOfElements; done += piece)
        {
            write(flat.narrow(0, done, Math.Min(piece, flat.NumberOfElements - done)).bytes);
        }
    };
}
