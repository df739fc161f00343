using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraHub.Inference.Checkpoints;

/// <summary>
/// Writes safetensors, byte for byte what Hugging Face's own writer makes of the same tensors: same tensors, same bytes.
/// Tensors are read one at a time, each in a dispose scope of its own, so that a checkpoint may be computed while it is written.
/// </summary>
public static class SafetensorsWriter
{
    // A span reaches 2 GiB at most; a multiple of every element size.
    const long PieceBytes = 1L << 28;

    static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // transformers refuses a file that does not say so.
    static readonly Dictionary<string, string> PyTorch = new() { ["format"] = "pt" };

    /// <summary>Writes tensors that are in memory to a file, which is replaced if it exists.</summary>
    /// <inheritdoc cref="Write(Stream, IEnumerable{TensorEntry}, Func{string, Tensor}, IReadOnlyDictionary{string, string})"/>
    public static void Write(string file, IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        using var stream = File.Create(file);
        Write(stream, tensors, metadata);
    }

    /// <summary>Writes tensors that are in memory.</summary>
    /// <inheritdoc cref="Write(Stream, IEnumerable{TensorEntry}, Func{string, Tensor}, IReadOnlyDictionary{string, string})"/>
    public static void Write(Stream stream, IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyDictionary<string, string>? metadata = null) =>
        Write(stream, tensors.Select(pair => new TensorEntry(pair.Key, pair.Value.dtype, pair.Value.shape)), name => tensors[name], metadata);

    /// <summary>Writes tensors as they are computed.</summary>
    /// <param name="read">Gives the tensor of an entry, on any device and with any strides; called once for each, in an order of the writer's.</param>
    /// <param name="metadata">Null for <c>{"format": "pt"}</c>, which transformers and PEFT write.</param>
    /// <exception cref="ArgumentException">Two tensors have one name, or a tensor is not what its entry says.</exception>
    /// <exception cref="NotSupportedException">safetensors has no such type.</exception>
    public static void Write(
        Stream stream, IEnumerable<TensorEntry> entries, Func<string, Tensor> read, IReadOnlyDictionary<string, string>? metadata = null)
    {
        TensorEntry[] inOrder = [.. entries.OrderBy(entry => DTypes.LayoutOrder(entry.DType)).ThenBy(entry => entry.Name, StringComparer.Ordinal)];
        WriteHeader(stream, inOrder, metadata ?? PyTorch);

        foreach (var entry in inOrder)
        {
            using var scope = NewDisposeScope();
            WriteData(stream, entry, read(entry.Name));
        }
    }

    /// <summary>The bytes of a tensor's data.</summary>
    internal static long DataBytes(TensorEntry entry) => entry.Shape.Aggregate((long)entry.DType.ElementSize(), (bytes, size) => checked(bytes * size));

    static void WriteHeader(Stream stream, TensorEntry[] entries, IReadOnlyDictionary<string, string> metadata)
    {
        using var json = new MemoryStream();
        using (var writer = new Utf8JsonWriter(json, Compact))
        {
            writer.WriteStartObject();
            WriteMetadata(writer, metadata);
            WriteEntries(writer, entries);
            writer.WriteEndObject();
        }

        // The data starts on a multiple of 8.
        while (json.Length % sizeof(ulong) != 0)
        {
            json.WriteByte((byte)' ');
        }

        Span<byte> length = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteInt64LittleEndian(length, json.Length);
        stream.Write(length);
        json.WriteTo(stream);
    }

    static void WriteMetadata(Utf8JsonWriter writer, IReadOnlyDictionary<string, string> metadata)
    {
        if (metadata.Count == 0)
        {
            return;
        }

        writer.WriteStartObject("__metadata__");
        foreach (var (key, value) in metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            writer.WriteString(key, value);
        }

        writer.WriteEndObject();
    }

    static void WriteEntries(Utf8JsonWriter writer, TensorEntry[] entries)
    {
        var names = new HashSet<string> { "__metadata__" };
        long position = 0;
        foreach (var entry in entries)
        {
            if (!names.Add(entry.Name))
            {
                throw new ArgumentException($"The name '{entry.Name}' is taken.", nameof(entries));
            }

            writer.WriteStartObject(entry.Name);
            writer.WriteString("dtype", DTypes.ToSafetensors(entry.DType));
            WriteNumbers(writer, "shape", entry.Shape);
            WriteNumbers(writer, "data_offsets", [position, position += DataBytes(entry)]);
            writer.WriteEndObject();
        }
    }

    static void WriteNumbers(Utf8JsonWriter writer, string name, IEnumerable<long> numbers)
    {
        writer.WriteStartArray(name);
        foreach (var number in numbers)
        {
            writer.WriteNumberValue(number);
        }

        writer.WriteEndArray();
    }

    static void WriteData(Stream stream, TensorEntry entry, Tensor tensor)
    {
        if (tensor.dtype != entry.DType || !tensor.shape.SequenceEqual(entry.Shape))
        {
            throw new ArgumentException($"'{entry.Name}' is announced as {entry.DType} {Shapes.Describe(entry.Shape)}, but is {tensor.dtype} {Shapes.Describe(tensor.shape)}.", nameof(tensor));
        }

        var flat = tensor.detach().cpu().contiguous().view(-1);
        var piece = PieceBytes / flat.ElementSize;
        for (long done = 0; done < flat.NumberOfElements; done += piece)
        {
            stream.Write(flat.narrow(0, done, Math.Min(piece, flat.NumberOfElements - done)).bytes);
        }
    }
}
