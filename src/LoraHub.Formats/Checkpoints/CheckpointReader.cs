using System.Numerics;

using LoraHub.Formats.Tensors;

namespace LoraHub.Formats.Checkpoints;

/// <summary>
/// Reads a checkpoint's tensors as numbers or bytes, in row-major order regardless of their strides. Keeps the files open until it is disposed.
/// Reads are thread-safe.
/// </summary>
public sealed class CheckpointReader : IDisposable
{
    readonly Checkpoint _checkpoint;
    readonly CheckpointBytes _bytes;

    /// <exception cref="CheckpointException">A file cannot be opened, or it has changed.</exception>
    public CheckpointReader(Checkpoint checkpoint) => (_checkpoint, _bytes) = (checkpoint, new CheckpointBytes(checkpoint));

    /// <inheritdoc cref="Checkpoint.Entries"/>
    public IReadOnlyDictionary<string, TensorEntry> Entries => _checkpoint.Entries;

    /// <summary>Opens one file; see <see cref="Checkpoint.Locate"/>.</summary>
    /// <exception cref="CheckpointException">The file is missing or invalid.</exception>
    public static CheckpointReader Open(string file) => new(Checkpoint.Locate(file));

    /// <summary>Opens a model folder; see <see cref="Checkpoint.LocateModel"/>.</summary>
    /// <exception cref="CheckpointException">There is no checkpoint, or it is invalid.</exception>
    public static CheckpointReader OpenModel(string folder) => new(Checkpoint.LocateModel(folder));

    /// <summary>Opens an adapter folder; see <see cref="Checkpoint.LocateAdapter"/>.</summary>
    /// <exception cref="CheckpointException">There is no checkpoint, or it is invalid.</exception>
    public static CheckpointReader OpenAdapter(string folder) => new(Checkpoint.LocateAdapter(folder));

    /// <summary>Reads a tensor of any type as floating-point numbers; rounds when <typeparamref name="T"/> is narrower.</summary>
    /// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
    /// <returns>The elements in row-major order.</returns>
    /// <exception cref="CheckpointException">
    /// The tensor does not exist, it has more elements than an array can hold, or the file was changed after it was opened.
    /// </exception>
    public T[] Read<T>(string name)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var elements = _checkpoint[name].Entry.Elements;
        var numbers = elements <= Array.MaxLength
            ? new T[elements]
            : throw new CheckpointException(_checkpoint.Path, $"'{name}' has {elements} elements, more than an array can hold.");
        Read<T>(name, numbers);

        return numbers;
    }

    /// <summary>Reads a tensor of any type as floating-point numbers; rounds when <typeparamref name="T"/> is narrower.</summary>
    /// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
    /// <param name="numbers">Receives the elements in row-major order; its length must equal the number of elements.</param>
    /// <exception cref="CheckpointException">The tensor does not exist, or the file was changed after it was opened.</exception>
    public void Read<T>(string name, Span<T> numbers)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var tensor = _checkpoint[name];
        if (tensor.Entry.Elements != numbers.Length)
        {
            throw new ArgumentException($"'{name}' has {tensor.Entry.Elements} elements, not {numbers.Length}.", nameof(numbers));
        }

        using var pieces = new TensorPieces(_bytes, tensor);
        for (var bytes = pieces.Next(); !bytes.IsEmpty; bytes = pieces.Next())
        {
            Elements.Convert(tensor.Entry.DType, bytes, numbers);
            numbers = numbers[(bytes.Length / tensor.ElementSize)..];
        }
    }

    /// <summary>Copies a tensor's bytes in row-major order, little-endian; usable as <see cref="Safetensors.TensorData"/>.</summary>
    /// <param name="entry">One of <see cref="Entries"/>.</param>
    /// <param name="write">Receives the bytes in pieces of whole elements, each valid only during the call.</param>
    /// <exception cref="CheckpointException">The tensor does not exist, or the file was changed after it was opened.</exception>
    public void Copy(TensorEntry entry, Action<ReadOnlySpan<byte>> write)
    {
        var tensor = _checkpoint[entry.Name];
        using var pieces = new TensorPieces(_bytes, tensor);
        for (var bytes = pieces.Next(); !bytes.IsEmpty; bytes = pieces.Next())
        {
            write(bytes);
        }
    }

    public void Dispose() => _bytes.Dispose();
}
