using System.Buffers;

using LoraHub.Formats.Tensors;

namespace LoraHub.Formats.Checkpoints;

/// <summary>Reads a tensor's bytes in row-major order, in pieces of whole elements.</summary>
sealed class TensorPieces : IDisposable
{
    // A multiple of every element size.
    const int PieceBytes = 1 << 20;

    readonly CheckpointBytes _bytes;
    readonly StoredTensor _tensor;
    readonly byte[] _piece;
    readonly byte[]? _storage; // all bytes from the first element to the last, if the tensor is not contiguous
    readonly long[] _index; // of the next element, per dimension
    long _left;

    /// <exception cref="CheckpointException">
    /// The file was truncated or cannot be read, or the strided elements span more bytes than an array can hold.
    /// </exception>
    public TensorPieces(CheckpointBytes bytes, StoredTensor tensor)
    {
        (_bytes, _tensor, _left, _index) = (bytes, tensor, tensor.Entry.Bytes, new long[tensor.Entry.Shape.Count]);
        if (!tensor.IsContiguous)
        {
            var span = tensor.Span * tensor.ElementSize;
            _storage = span <= Array.MaxLength
                ? new byte[span]
                : throw new CheckpointException(tensor.File, $"'{tensor.Entry.Name}' is strided over {span} bytes; save it as a contiguous tensor.");
            bytes.Read(tensor, 0, _storage);
        }

        _piece = ArrayPool<byte>.Shared.Rent((int)Math.Min(PieceBytes, Math.Max(_left, 1)));
    }

    /// <returns>The next piece, valid until the next call; empty at the end.</returns>
    /// <exception cref="CheckpointException">The file was changed or cannot be read.</exception>
    public ReadOnlySpan<byte> Next()
    {
        var piece = _piece.AsSpan(0, (int)Math.Min(PieceBytes, _left));
        if (_storage is null)
        {
            _bytes.Read(_tensor, _tensor.Entry.Bytes - _left, piece);
        }
        else
        {
            Gather(_storage, piece);
        }

        _left -= piece.Length;
        if (_left == 0)
        {
            _bytes.EnsureUnchanged(_tensor.File);
        }

        return piece;
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(_piece);

    void Gather(ReadOnlySpan<byte> storage, Span<byte> piece)
    {
        var size = _tensor.ElementSize;
        for (var at = 0; at < piece.Length; at += size)
        {
            long element = 0;
            for (var i = 0; i < _index.Length; i++)
            {
                element += _index[i] * _tensor.Strides[i];
            }

            storage.Slice((int)element * size, size).CopyTo(piece[at..]);
            Step();
        }
    }

    void Step()
    {
        for (var i = _index.Length - 1; i >= 0 && ++_index[i] == _tensor.Entry.Shape[i]; i--)
        {
            _index[i] = 0;
        }
    }
}
