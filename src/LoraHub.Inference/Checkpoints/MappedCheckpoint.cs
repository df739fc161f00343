using System.Collections.ObjectModel;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraHub.Inference.Checkpoints;

/// <summary>One file, mapped privately once for each type in it; what is read are views of the mappings.</summary>
sealed class MappedCheckpoint : ICheckpoint
{
    // A span reaches 2 GiB at most; a multiple of every element size.
    const long CopyBytes = 1L << 30;

    readonly string file;
    readonly OrderedDictionary<string, StoredTensor> tensors = [];
    readonly Dictionary<ScalarType, Tensor> mappings;
    bool disposed;

    public MappedCheckpoint(string file, long length, IReadOnlyList<StoredTensor> stored)
    {
        this.file = file;
        var entries = new OrderedDictionary<string, TensorEntry>();
        foreach (var tensor in stored)
        {
            tensors.Add(tensor.Entry.Name, tensor);
            entries.Add(tensor.Entry.Name, tensor.Entry);
        }

        Entries = new ReadOnlyDictionary<string, TensorEntry>(entries);
        mappings = stored.Select(tensor => tensor.Entry.DType)
            .Append(ScalarType.Byte) // what does not start on a multiple of its size is copied from here
            .Distinct()
            .ToDictionary(type => type, type => Map(file, length, type));
    }

    public IReadOnlyDictionary<string, TensorEntry> Entries { get; }

    public Tensor Read(string name)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        if (!tensors.TryGetValue(name, out var tensor))
        {
            throw new CheckpointException(file, $"there is no tensor '{name}'; there are {tensors.Count} others.");
        }

        using var scope = NewDisposeScope();

        return View(tensor).MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        disposed = true;
        foreach (var mapping in mappings.Values)
        {
            mapping.Dispose();
        }
    }

    static Tensor Map(string file, long length, ScalarType type) =>
        from_file(file, shared: false, size: length / type.ElementSize(), dtype: type).DetachFromDisposeScope();

    Tensor View(StoredTensor tensor)
    {
        long[] shape = [.. tensor.Entry.Shape];
        if (tensor.Span == 0)
        {
            return empty(shape, tensor.Entry.DType);
        }

        var (start, rest) = Math.DivRem(tensor.Offset, tensor.ElementSize);
        var (source, first) = rest == 0 ? (mappings[tensor.Entry.DType], start) : (Copy(tensor), 0);

        return source.as_strided(shape, [.. tensor.Strides], first).contiguous();
    }

    Tensor Copy(StoredTensor tensor)
    {
        var copy = empty(tensor.Span, tensor.Entry.DType);
        var bytes = tensor.Span * tensor.ElementSize;
        for (long done = 0; done < bytes; done += CopyBytes)
        {
            var count = Math.Min(CopyBytes, bytes - done);
            var from = mappings[ScalarType.Byte].narrow(0, tensor.Offset + done, count);
            var to = copy.narrow(0, done / tensor.ElementSize, count / tensor.ElementSize);
            from.bytes.CopyTo(to.bytes);
        }

        return copy;
    }
}
