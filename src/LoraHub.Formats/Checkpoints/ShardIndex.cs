using System.Text.Json;

using LoraHub.Formats.Tensors;

namespace LoraHub.Formats.Checkpoints;

/// <summary>Hugging Face's index of a sharded checkpoint, which maps tensors to files.</summary>
static class ShardIndex
{
    const long MaxIndexBytes = 64 << 20;

    static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 16 };

    /// <summary>Locates the tensors of every shard in an index; the index and the shards must list the same tensors.</summary>
    /// <exception cref="CheckpointException">The index or a shard is invalid, a shard is in another folder, or index and shards differ.</exception>
    public static Checkpoint Locate(string index)
    {
        Checkpoint[] shards =
        [
            .. ReadWeightMap(index)
                .GroupBy(pair => pair.Value, pair => pair.Key)
                .OrderBy(names => names.Key, StringComparer.Ordinal)
                .Select(names => LocateShard(index, names.Key, [.. names]))
        ];

        return new Checkpoint(index, [.. shards.SelectMany(shard => shard.Files)], shards.SelectMany(shard => shard.Tensors));
    }

    static Checkpoint LocateShard(string index, string name, HashSet<string> tensors)
    {
        var shard = Checkpoint.Locate(Path.Combine(Path.GetDirectoryName(index)!, name));
        if (!tensors.SetEquals(shard.Entries.Keys))
        {
            tensors.SymmetricExceptWith(shard.Entries.Keys);
            throw new CheckpointException(index, $"'{tensors.First()}' is in the index or in {name}, but not in both.");
        }

        return shard;
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
