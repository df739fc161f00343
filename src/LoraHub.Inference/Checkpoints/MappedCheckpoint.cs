using LoraHub.Formats.Checkpoints;
using LoraHub.Formats.Tensors;

using static TorchSharp.torch;

namespace LoraHub.Inference.Checkpoints;

/// <summary>
/// A checkpoint whose files are mapped privately, once for each type in them. Its tensors are views of the mappings. <see cref="Read"/> is
/// thread-safe.
/// </summary>
public sealed class MappedCheckpoint : IDisposable
{
    // A span is limited to 2 GiB; a multiple of every element size.
    const long CopyBytes = 1L << 30;

    readonly Checkpoint _checkpoint;
    readonly Dictionary<(string File, DType Type), Tensor> _mappings = [];
    bool _disposed;

    /// <summary>Maps the files of a checkpoint.</summary>
    public MappedCheckpoint(Checkpoint checkpoint)
    {
        _checkpoint = checkpoint;
        var types = checkpoint.Tensors.ToLookup(tensor => tensor.File, tensor => tensor.Entry.DType);
        foreach (var file in checkpoint.Files)
        {
            foreach (var type in types[file.Path].Append(DType.Byte).Distinct()) // unaligned tensors are copied as bytes
            {
                _mappings.Add((file.Path, type), Map(file, type));
            }
        }
    }

    /// <inheritdoc cref="Checkpoint.Entries"/>
    public IReadOnlyDictionary<string, TensorEntry> Entries => _checkpoint.Entries;

    /// <summary>Maps one file; see <see cref="Checkpoint.Locate"/>.</summary>
    /// <exception cref="CheckpointException">The file is missing or invalid.</exception>
    public static MappedCheckpoint Open(string file) => new(Checkpoint.Locate(file));

    /// <summary>Maps a model's files; see <see cref="Checkpoint.LocateModel"/>.</summary>
    /// <exception cref="CheckpointException">There is no checkpoint, or it is invalid.</exception>
    public static MappedCheckpoint OpenModel(string folder) => new(Checkpoint.LocateModel(folder));

    /// <summary>Maps an adapter's file; see <see cref="Checkpoint.LocateAdapter"/>.</summary>
    /// <exception cref="CheckpointException">There is no checkpoint, or it is invalid.</exception>
    public static MappedCheckpoint OpenAdapter(string folder) => new(Checkpoint.LocateAdapter(folder));

    /// <summary>Reads one tensor.</summary>
    /// <returns>
    /// A contiguous CPU tensor that belongs to the caller's dispose scope. It aliases the mapped file where possible, and keeps the mapping
    /// alive after the checkpoint is disposed. Do not write to it.
    /// </returns>
    /// <exception cref="CheckpointException">The checkpoint has no tensor with that name.</exception>
    public Tensor Read(string name)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var tensor = _checkpoint[name];

        using var scope = NewDisposeScope();

        return View(tensor).MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        _disposed = true;
        foreach (var mapping in _mappings.Values)
        {
            mapping.Dispose();
        }
    }

    static Tensor Map(CheckpointFile file, DType type) =>
        from_file(file.Path, shared: false, size: file.Length / type.Size(), dtype: type.ToScalarType()).DetachFromDisposeScope();

    Tensor View(StoredTensor tensor)
    {
        long[] shape = [.. tensor.Entry.Shape];
        if (tensor.Span == 0)
        {
            return empty(shape, tensor.Entry.DType.ToScalarType());
        }

        var (start, rest) = Math.DivRem(tensor.Offset, tensor.ElementSize);
        var (source, first) = rest == 0 ? (_mappings[(tensor.File, tensor.Entry.DType)], start) : (Copy(tensor), 0);

        return source.as_strided(shape, [.. tensor.Strides], first).contiguous();
    }

    Tensor Copy(StoredTensor tensor)
    {
        var copy = empty(tensor.Span, tensor.Entry.DType.ToScalarType());
        var bytes = tensor.Span * tensor.ElementSize;
        for (long done = 0; done < bytes; done += CopyBytes)
        {
            var count = Math.Min(CopyBytes, bytes - done);
            var from = _mappings[(tensor.File, DType.Byte)].narrow(0, tensor.Offset + done, count);
            var to = copy.narrow(0, done / tensor.ElementSize, count / tensor.ElementSize);
            from.bytes.CopyTo(to.bytes);
        }

        return copy;
    }
}
