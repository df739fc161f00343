using LoraHub.Formats.Pickle;
using LoraHub.Formats.Tensors;

namespace LoraHub.Formats.TorchZip;

/// <summary>
/// Reads the format that <c>torch.save</c> writes since 1.6: a zip archive with one pickle, <c>ROOT/data.pkl</c>, and one record for each storage,
/// <c>ROOT/data/KEY</c>. Source: torch/serialization.py, <c>_save</c>.
/// </summary>
static class TorchArchive
{
    const string PickleName = "data.pkl";
    const int MaxPickleBytes = 16 << 20;

    /// <summary>Reads the tensors of the archive's dictionary, in its order, and checks that each lies inside the file.</summary>
    /// <exception cref="CheckpointException">The archive is damaged, holds something else, or requests code execution.</exception>
    public static IReadOnlyList<StoredTensor> Read(string file, FileStream stream)
    {
        var records = ZipDirectory.Read(file, stream);
        string[] pickles = [.. records.Keys.Where(name => name == PickleName || name.EndsWith("/" + PickleName, StringComparison.Ordinal))];
        if (pickles is not [var pickle])
        {
            throw new CheckpointException(file, $"a torch archive must hold one {PickleName}; this one holds {pickles.Length}.");
        }

        var root = pickle[..^PickleName.Length];
        if (records.TryGetValue(root + "byteorder", out var order) && !ReadRecord(file, stream, order).AsSpan().SequenceEqual("little"u8))
        {
            throw new CheckpointException(file, "the numbers are not little-endian; save the file again on a little-endian machine.");
        }

        return
        [
            .. Unpickler.Load(file, ReadRecord(file, stream, records[pickle])).Select(pair =>
                pair.Value is PickledTensor tensor
                    ? Locate(file, pair.Key, tensor, records.GetValueOrDefault($"{root}data/{tensor.Storage.Key}"))
                    : throw new CheckpointException(file, $"the value of '{pair.Key}' is not a tensor; only a dictionary of tensors is read."))
        ];
    }

    static StoredTensor Locate(string file, string name, PickledTensor tensor, ZipRecord? record)
    {
        var (storage, start, shape, strides) = tensor;
        var located = new StoredTensor(file, new TensorEntry(name, storage.DType, shape), 0, strides);

        if (record is null || record.Length % located.ElementSize != 0 || record.Length / located.ElementSize != storage.Elements)
        {
            throw new CheckpointException(
                file,
                $"'{name}' needs {storage.Elements} elements of {storage.DType}, but record data/{storage.Key} holds {record?.Length ?? 0} bytes.");
        }

        // Strides of 0 (torch's expand) allow more elements than the storage has: a few bytes could expand to terabytes.
        if (shape.Count != strides.Count
            || Shapes.Elements(shape) is not { } elements
            || elements > storage.Elements
            || !Shapes.FitsStorage(shape, strides, start, storage.Elements))
        {
            throw new CheckpointException(
                file,
                $"'{name}', shape {Shapes.Describe(shape)}, strides {Shapes.Describe(strides)} from {start}, "
                + $"does not fit its storage of {storage.Elements} elements.");
        }

        return located with { Offset = record.Offset + (start * located.ElementSize) };
    }

    static byte[] ReadRecord(string file, FileStream stream, ZipRecord record)
    {
        if (record.Length > MaxPickleBytes)
        {
            throw new CheckpointException(file, $"a pickle has {record.Length} bytes; the limit is {MaxPickleBytes}.");
        }

        var bytes = new byte[record.Length];
        stream.Position = record.Offset;
        stream.ReadExactly(bytes);

        return bytes;
    }
}
