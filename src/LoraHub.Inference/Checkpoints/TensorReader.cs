using LoraHub.Formats.Checkpoints;
using LoraHub.Formats.Tensors;

using static TorchSharp.torch;

namespace LoraHub.Inference.Checkpoints;

/// <summary>
/// Reads a checkpoint's tensors. Keeps its files open until it is disposed; see <see cref="CheckpointBytes"/> for files that change meanwhile.
/// Reads are thread-safe.
/// </summary>
public sealed class TensorReader : IDisposable
{
    // A multiple of every element size. A piece stays in the processor's cache: reading whole tensors into their place was not faster.
    const long PieceBytes = 1L << 20;

    readonly Checkpoint _checkpoint;
    readonly CheckpointBytes _bytes;
    bool _disposed;

    /// <summary>Opens the files of a checkpoint.</summary>
    /// <exception cref="CheckpointException">A file cannot be opened, or it has changed.</exception>
    public TensorReader(Checkpoint checkpoint) => (_checkpoint, _bytes) = (checkpoint, new CheckpointBytes(checkpoint));

    /// <inheritdoc cref="Checkpoint.Entries"/>
    public IReadOnlyDictionary<string, TensorEntry> Entries => _checkpoint.Entries;

    /// <summary>Opens one file; see <see cref="Checkpoint.Locate"/>.</summary>
    /// <exception cref="CheckpointException">The file is missing or invalid.</exception>
    public static TensorReader Open(string file) => new(Checkpoint.Locate(file));

    /// <summary>Opens a model's files; see <see cref="Checkpoint.LocateModel"/>.</summary>
    /// <exception cref="CheckpointException">There is no checkpoint, or it is invalid.</exception>
    public static TensorReader OpenModel(string folder) => new(Checkpoint.LocateModel(folder));

    /// <summary>Opens an adapter's file; see <see cref="Checkpoint.LocateAdapter"/>.</summary>
    /// <exception cref="CheckpointException">There is no checkpoint, or it is invalid.</exception>
    public static TensorReader OpenAdapter(string folder) => new(Checkpoint.LocateAdapter(folder));

    /// <summary>Reads one tensor.</summary>
    /// <returns>A contiguous CPU tensor of the stored type that belongs to the caller's dispose scope.</returns>
    /// <exception cref="CheckpointException">The tensor does not exist, or its file was changed or cannot be read.</exception>
    public Tensor Read(string name)
    {
        using var scope = NewDisposeScope();
        var tensor = empty([.. Find(name).Entry.Shape], Find(name).Entry.DType.ToScalarType());
        Read(name, tensor);
        return tensor.MoveToOuterDisposeScope();
    }

    /// <summary>Reads one tensor into another, converting its numbers to that one's type.</summary>
    /// <param name="into">A contiguous tensor of the stored shape, of any type and on any device.</param>
    /// <exception cref="CheckpointException">The tensor does not exist, or its file was changed or cannot be read.</exception>
    public void Read(string name, Tensor into)
    {
        var tensor = Find(name);
        if (!into.shape.SequenceEqual(tensor.Entry.Shape))
        {
            throw new ArgumentException($"'{name}' is not of the shape [{string.Join(", ", into.shape)}].", nameof(into));
        }

        using var scope = NewDisposeScope();
        if (tensor.IsContiguous)
        {
            ReadElements(tensor, into.view(-1));
        }
        else
        {
            var span = empty(tensor.Span, tensor.Entry.DType.ToScalarType());
            ReadElements(tensor, span);
            into.copy_(span.as_strided([.. tensor.Entry.Shape], [.. tensor.Strides], 0));
        }

        _bytes.EnsureUnchanged(tensor.File);
    }

    public void Dispose()
    {
        _disposed = true;
        _bytes.Dispose();
    }

    StoredTensor Find(string name)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _checkpoint[name];
    }

    /// <summary>Reads a tensor's elements in the file's order.</summary>
    void ReadElements(StoredTensor tensor, Tensor into)
    {
        var count = Math.Min(PieceBytes / tensor.ElementSize, tensor.Span);
        var buffer = empty(count, tensor.Entry.DType.ToScalarType());
        for (long done = 0; done < tensor.Span; done += count)
        {
            using var scope = NewDisposeScope();
            var piece = buffer.narrow(0, 0, Math.Min(count, tensor.Span - done));
            _bytes.Read(tensor, done * tensor.ElementSize, piece.bytes);
            into.narrow(0, done, piece.shape[0]).copy_(piece);
        }
    }
}
