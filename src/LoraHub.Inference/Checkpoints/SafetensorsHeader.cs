using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Unicode;

namespace LoraHub.Inference.Checkpoints;

/// <summary>
/// Reads the header of a safetensors file: its length (8 bytes, little-endian), JSON from names to type, shape and range, then the data,
/// which the ranges must tile. Source: https://github.com/huggingface/safetensors, README, "Format".
/// </summary>
sealed class SafetensorsHeader
{
    // Room for 100,000 tensors, where T5 of 11 billion parameters has 600. (Hugging Face reads 100 MB, which parsed would be 1 GB.)
    const long MaxLength = 16 << 20;
    const int LengthBytes = 8;

    static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 4 };

    readonly string file;
    readonly long dataStart;

    SafetensorsHeader(string file, long dataStart)
    {
        this.file = file;
        this.dataStart = dataStart;
    }

    /// <summary>The tensors of a file in the order of their data, each inside the file.</summary>
    /// <exception cref="CheckpointException">The file is not valid safetensors.</exception>
    public static IReadOnlyList<StoredTensor> Read(string file, FileStream stream)
    {
        var json = ReadJson(file, stream);
        var header = new SafetensorsHeader(file, LengthBytes + json.Length);

        try
        {
            using var document = JsonDocument.Parse(json, Strict);

            return header.Tile([.. header.ReadTensors(document.RootElement)], stream.Length);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException) // the latter: half a surrogate pair in a string
        {
            throw new CheckpointException(file, $"the header is not valid JSON: {e.Message}", e);
        }
    }

    static byte[] ReadJson(string file, FileStream stream)
    {
        if (stream.Length < LengthBytes)
        {
            throw new CheckpointException(file, $"{stream.Length} bytes are too few; a safetensors file starts with the header's length in 8 bytes.");
        }

        Span<byte> prefix = stackalloc byte[LengthBytes];
        stream.Position = 0;
        stream.ReadExactly(prefix);
        var length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (length > (ulong)Math.Min(MaxLength, stream.Length - LengthBytes))
        {
            throw new CheckpointException(file, $"a header of {length} bytes is claimed, in a file of {stream.Length} bytes (at most {MaxLength} are read).");
        }

        var json = new byte[length];
        stream.ReadExactly(json);

        return json is [(byte)'{', ..] && Utf8.IsValid(json)
            ? json
            : throw new CheckpointException(file, "the header must be a JSON object in UTF-8.");
    }

    IEnumerable<StoredTensor> ReadTensors(JsonElement header)
    {
        foreach (var property in header.EnumerateObject())
        {
            if (property.NameEquals("__metadata__"))
            {
                CheckMetadata(property.Value);
            }
            else
            {
                yield return ReadTensor(property.Name, property.Value);
            }
        }
    }

    void CheckMetadata(JsonElement metadata)
    {
        if (metadata.ValueKind != JsonValueKind.Object || metadata.EnumerateObject().Any(p => p.Value.ValueKind != JsonValueKind.String))
        {
            throw new CheckpointException(file, "__metadata__ must be an object from strings to strings.");
        }
    }

    StoredTensor ReadTensor(string name, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object
            || !value.TryGetProperty("dtype", out var dtype) || dtype.ValueKind != JsonValueKind.String
            || Integers(value, "shape") is not { } shape
            || Integers(value, "data_offsets") is not [var begin, var end])
        {
            throw new CheckpointException(file, $"'{name}' must have a dtype, a shape of at most {Shapes.MaxRank} sizes and two data_offsets, in whole numbers of 0 to 2^63 - 1.");
        }

        if (DTypes.FromSafetensors(dtype.GetString()!) is not { } type)
        {
            throw new CheckpointException(file, $"'{name}' is of type {dtype.GetString()}; types read are {string.Join(", ", DTypes.SafetensorsNames)}.");
        }

        var tensor = new StoredTensor(new TensorEntry(name, type, shape), dataStart + begin, Shapes.Strides(shape));
        var bytes = Shapes.Elements(shape) * tensor.ElementSize;

        return begin <= end && bytes == end - begin
            ? tensor
            : throw new CheckpointException(file, $"'{name}' has the shape {Shapes.Describe(shape)} of {type}, but the data_offsets {begin} and {end}.");
    }

    static long[]? Integers(JsonElement tensor, string name)
    {
        if (!tensor.TryGetProperty(name, out var array) || array.ValueKind != JsonValueKind.Array || array.GetArrayLength() > Shapes.MaxRank)
        {
            return null;
        }

        var numbers = new List<long>(array.GetArrayLength());
        foreach (var element in array.EnumerateArray())
        {
            if (element.ValueKind != JsonValueKind.Number || !element.TryGetInt64(out var number) || number < 0)
            {
                return null;
            }

            numbers.Add(number);
        }

        return [.. numbers];
    }

    List<StoredTensor> Tile(List<StoredTensor> tensors, long length)
    {
        var inOrder = tensors.OrderBy(tensor => tensor.Offset).ThenBy(tensor => tensor.Span).ToList();
        var position = dataStart;
        foreach (var tensor in inOrder)
        {
            if (tensor.Offset != position)
            {
                throw new CheckpointException(file, $"'{tensor.Entry.Name}' starts at byte {tensor.Offset}, but the one before ends at {position}; there must be no gap and no overlap.");
            }

            position += tensor.Span * tensor.ElementSize;
        }

        return position == length
            ? inOrder
            : throw new CheckpointException(file, $"the tensors end at byte {position}, but the file at {length}.");
    }
}
