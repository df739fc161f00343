using System.Text.Json;
using static TorchSharp.torch;

namespace LoraHub.Inference.Checkpoints;

/// <summary>A checkpoint in several files, and Hugging Face's index that says which tensor is in which.</summary>
sealed class ShardedCheckpoint : ICheckpoint
{
    const long MaxIndexBytes = 64 << 20;

    static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 16 };

    readonly string index;
    readonly List<ICheckpoint> shards = [];
    readonly OrderedDictionary<string, TensorEntry> entries = [];
    readonly Dictionary<string, ICheckpoint> shardOf = [];

    ShardedCheckpoint(string index) => this.index = index;

    public IReadOnlyDictionary<string, TensorEntry> Entries => entries;

    /// <summary>Opens every shard that an index names; index and shards must hold the same tensors.</summary>
    /// <exception cref="CheckpointException">The index or a shard is invalid, a shard lies elsewhere, or they do not agree.</exception>
    public static ShardedCheckpoint Open(string index)
    {
        var weightMap = ReadWeightMap(index);
        var checkpoint = new ShardedCheckpoint(index);
        try
        {
            foreach (var names in weightMap.GroupBy(pair => pair.Value, pair => pair.Key).OrderBy(group => group.Key, StringComparer.Ordinal))
            {
                checkpoint.AddShard(names.Key, [.. names]);
            }

            return checkpoint;
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    public Tensor Read(string name) =>
        shardOf.TryGetValue(name, out var shard)
            ? shard.Read(name)
            : throw new CheckpointException(index, $"there is no tensor '{name}'; there are {entries.Count} others.");

    public void Dispose() => shards.ForEach(shard => shard.Dispose());

    void AddShard(string name, HashSet<string> tensors)
    {
        var shard = Checkpoint.Open(Path.Combine(Path.GetDirectoryName(index)!, name));
        shards.Add(shard);
        if (!tensors.SetEquals(shard.Entries.Keys))
        {
            tensors.SymmetricExceptWith(shard.Entries.Keys);
            throw new CheckpointException(index, $"'{tensors.First()}' is in the index or in {name}, but not in both.");
        }

        foreach (var (tensor, entry) in shard.Entries)
        {
            entries.Add(tensor, entry);
            shardOf.Add(tensor, shard);
        }
    }

    static Dictionary<string, string> ReadWeightMap(string index)
    {
        if (new FileInfo(index).Length > MaxIndexBytes)
        {
            throw new CheckpointException(index, $"an index of more than {MaxIndexBytes} bytes is not read.");
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

    /// <summary>A shard's name as it is, if it is a name and not a way out of the folder.</summary>
    static string FileName(string index, string? name) =>
        name is { Length: > 0 } and not "." and not ".." && name.AsSpan().IndexOfAny("/\\:\0") < 0
            ? name
            : throw new CheckpointException(index, $"a shard must be a file of the same folder, not '{name}'.");
}
