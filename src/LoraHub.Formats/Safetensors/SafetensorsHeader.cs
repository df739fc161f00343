using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Unicode;

using LoraHub.Formats.Tensors;

namespace LoraHub.Formats.Safetensors;

/// <summary>
/// Reads the header of a safetensors file: its length (8 bytes, little-endian), then JSON that maps names to type, shape and range. The data follows;
/// the ranges must tile it. Source: https://github.com/huggingface/safetensors, README, "Format".
/// </summary>
sealed class SafetensorsHeader
{
    // Enough for 100,000 tensors; T5 with 11 billion parameters has 600. (Hugging Face allows 100 MB, which would take 1 GB once parsed.)
    const long MaxLength = 16 << 20;
    const int LengthBytes = 8;

    static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 4 };

    readonly string _file;
    readonly long _dataStart;

    SafetensorsHeader(string file, long dataStart)
    {
        _file = file;
        _dataStart = dataStart;
    }

    /// <summary>Reads the tensors of a file in the order of their data and checks that each lies inside the file.</summary>
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
        catch (Exception e) when (e is JsonException or InvalidOperationException) // the latter for an unpaired surrogate in a string
        {
            throw new CheckpointException(file, $"the header is not valid JSON: {e.Message}", e);
        }
    }

    static byte[] ReadJson(string file, FileStream stream)
    {
        if (stream.Length < LengthBytes)
        {
            throw new CheckpointException(
                file, $"the file has {stream.Length} bytes; a safetensors file starts with the header's length in 8 bytes.");
        }

        Span<byte> prefix = stackalloc byte[LengthBytes];
        stream.Position = 0;
        stream.ReadExactly(prefix);
        var length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (length > (ulong)Math.Min(MaxLength, stream.Length - LengthBytes))
        {
            throw new CheckpointException(
                file, $"the header's length is {length} bytes, but the file has {stream.Length} bytes and the limit is {MaxLength} bytes.");
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
            throw new CheckpointException(_file, "__metadata__ must be an object from strings to strings.");
        }
    }

    StoredTensor ReadTensor(string name, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object
            || !value.TryGetProperty("dtype", out var dtype) || dtype.ValueKind != JsonValueKind.String
            || Integers(value, "shape") is not { } shape
            || Integers(value, "data_offsets") is not [var begin, var end])
        {
            throw new CheckpointException(
                _file,
                $"'{name}' must have a dtype, a shape of at most {Shapes.MaxRank} sizes and two data_offsets, in whole numbers from 0 to 2^63 - 1.");
        }

        if (DTypes.FromSafetensors(dtype.GetString()!) is not { } type)
        {
            throw new CheckpointException(
                _file, $"'{name}' has the type {dtype.GetString()}; supported types are {string.Join(", ", DTypes.SafetensorsNames)}.");
        }

        var tensor = new StoredTensor(_file, new TensorEntry(name, type, shape), _dataStart + begin, Shapes.Strides(shape));
        var bytes = Shapes.Elements(shape) * tensor.ElementSize;

        return begin <= end && bytes == end - begin
            ? tensor
            : throw new CheckpointException(
                _file, $"'{name}' has the shape {Shapes.Describe(shape)} of {type}, but the data_offsets {begin} and {end}.");
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
        var position = _dataStart;
        foreach (var tensor in inOrder)
        {
            if (tensor.Offset != position)
            {
                throw new CheckpointException(
                    _file,
                    $"'{tensor.Entry.Name}' starts at byte {tensor.Offset}, but the previous tensor ends at {position}; "
                    + "gaps and overlaps are not allowed.");
            }

            position += tensor.Span * tensor.ElementSize;
        }

        return position == length
            ? inOrder
            : throw new CheckpointException(_file, $"the tensors end at byte {position}, but the file ends at {length}.");
    }
}
