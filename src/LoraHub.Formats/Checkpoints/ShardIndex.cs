using System.Text.Json;

using LoraHub.Formats.Tensors;

namespace LoraHub.Formats.Checkpoints;

/// <summary>Hugging Face's index of a sharded checkpoint, which maps tensors to files.</summary>
static class ShardIndex
{
    const long MaxIndexBytes = 64 << 20;

    static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 16 };

    /// <summary>Locates the tensors of every shard that an index names.</summary>
    /// <remarks>
    /// As in transformers, shards are read whole, in the order of their names. A tensor that the index does not list is found. One that it lists
    /// and no shard has is not there; it may be a tied copy that safetensors left out. Of several with one name, the last counts. The code that
    /// loads a model checks that nothing is missing.
    /// </remarks>
    /// <exception cref="CheckpointException">The index or a shard is invalid, or a shard is in another folder.</exception>
    public static Checkpoint Locate(string index)
    {
        var folder = Path.GetDirectoryName(index)!;
        Checkpoint[] shards =
        [
            .. ReadWeightMap(index).Values.Distinct().Order(StringComparer.Ordinal).Select(name => Checkpoint.Locate(Path.Combine(folder, name))),
        ];
        var tensors = new OrderedDictionary<string, StoredTensor>();
        foreach (var tensor in shards.SelectMany(shard => shard.Tensors))
        {
            tensors[tensor.Entry.Name] = tensor;
        }

        return new Checkpoint(index, [.. shards.SelectMany(shard => shard.Files)], tensors.Values);
    }

    static Dictionary<string, string> ReadWeightMap(string index)
    {
        if (new FileInfo(index).Length > MaxIndexBytes)
        {
            throw new CheckpointException(index, $"the index is larger than the limit of {MaxIndexBytes} bytes.");
        }

        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(index), Strict);

            return document.RootElement.GetProperty("weight_map").EnumerateObject()
                .ToDictionary(pair => pair.Name, pair => FileName(index, pair.Value.GetString()));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new CheckpointException(index, $"the index must be JSON with a weight_map from names to files: {e.Message}", e);
        }
    }

    /// <summary>Returns a shard's name after checking that it is a plain file name that cannot escape the folder.</summary>
    static string FileName(string index, string? name) =>
        name is { Length: > 0 } and not "." and not ".." && name.AsSpan().IndexOfAny("/\\:\0") < 0
            ? name
            : throw new CheckpointException(index, $"a shard must be a file of the same folder, not '{name}'.");
}
