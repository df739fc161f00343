using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;

using LoraHub.Formats.Tensors;

namespace LoraHub.Formats.Safetensors;

/// <summary>Supplies the data of a tensor while it is written.</summary>
/// <param name="entry">The tensor to supply.</param>
/// <param name="write">
/// Writes bytes, in row-major order, little-endian. May be called several times, for <see cref="TensorEntry.Bytes"/> bytes in total.
/// </param>
public delegate void TensorData(TensorEntry entry, Action<ReadOnlySpan<byte>> write);

/// <summary>
/// Writes safetensors files, byte-identical to those of Hugging Face's writer for the same tensors.
/// Requests data one tensor at a time, so that a checkpoint can be computed while it is written.
/// </summary>
public static class SafetensorsWriter
{
    static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // transformers rejects a file without this entry.
    static readonly Dictionary<string, string> PyTorch = new() { ["format"] = "pt" };

    /// <summary>Writes tensors one by one.</summary>
    /// <param name="data">
    /// Called once for each entry, in the order of the file; for example <see cref="Checkpoints.CheckpointReader.Copy"/>.
    /// </param>
    /// <param name="metadata">Null for <c>{"format": "pt"}</c>, which transformers and PEFT write.</param>
    /// <exception cref="ArgumentException">Two tensors have the same name, or a tensor's data does not have the length of its entry.</exception>
    public static void Write(
        Stream stream, IEnumerable<TensorEntry> entries, TensorData data, IReadOnlyDictionary<string, string>? metadata = null)
    {
        TensorEntry[] inOrder = [.. entries.OrderBy(entry => entry.DType).ThenBy(entry => entry.Name, StringComparer.Ordinal)];
        WriteHeader(stream, inOrder, metadata ?? PyTorch);

        foreach (var entry in inOrder)
        {
            long written = 0;
            data(entry, bytes =>
            {
                stream.Write(bytes);
                written += bytes.Length;
            });

            if (written != entry.Bytes)
            {
                throw new ArgumentException($"'{entry.Name}' has {written} bytes of data; its entry has {entry.Bytes}.", nameof(data));
            }
        }
    }

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

        // The data must start on a multiple of 8.
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
                throw new ArgumentException($"The name '{entry.Name}' is used twice.", nameof(entries));
            }

            writer.WriteStartObject(entry.Name);
            writer.WriteString("dtype", entry.DType.SafetensorsName());
            WriteNumbers(writer, "shape", entry.Shape);
            WriteNumbers(writer, "data_offsets", [position, position += entry.Bytes]);
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
}
