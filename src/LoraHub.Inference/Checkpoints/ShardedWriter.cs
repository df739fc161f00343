using System.Text.Json;
using static TorchSharp.torch;

namespace LoraHub.Inference.Checkpoints;

/// <summary>Writes a model as Hugging Face does: <c>model.safetensors</c>, or, when that would be too large, shards and an index.</summary>
public static class ShardedWriter
{
    static readonly JsonWriterOptions Indented = new() { Indented = true, NewLine = "\n" };

    /// <summary>Writes the tensors into a folder, in shards filled in the order given, each tensor whole.</summary>
    /// <param name="folder">Exists, and holds no model yet.</param>
    /// <param name="read">Gives the tensor of an entry, on any device and with any strides; called once for each.</param>
    /// <param name="maxShardBytes">Data bytes of a shard; a larger tensor has a shard of its own. Default: 5 GB, as Hugging Face.</param>
    /// <returns>The names of the files written, the index last.</returns>
    /// <exception cref="ArgumentException">Two tensors have one name, or a tensor is not what its entry says.</exception>
    /// <exception cref="NotSupportedException">safetensors has no such type.</exception>
    public static IReadOnlyList<string> Write(
        string folder, IEnumerable<TensorEntry> entries, Func<string, Tensor> read, long maxShardBytes = 5_000_000_000)
    {
        var shards = Fill(entries, maxShardBytes);
        if (shards is [var only])
        {
            WriteShard(folder, "model.safetensors", only, read);

            return ["model.safetensors"];
        }

        var files = shards.Select((_, i) => $"model-{i + 1:D5}-of-{shards.Count:D5}.safetensors").ToList();
        foreach (var (file, shard) in files.Zip(shards))
        {
            WriteShard(folder, file, shard, read);
        }

        WriteIndex(Path.Combine(folder, "model.safetensors.index.json"), files.Zip(shards));

        return [.. files, "model.safetensors.index.json"];
    }

    static List<List<TensorEntry>> Fill(IEnumerable<TensorEntry> entries, long maxShardBytes)
    {
        List<List<TensorEntry>> shards = [[]];
        HashSet<string> names = [];
        long filled = 0;
        foreach (var entry in entries)
        {
            if (!names.Add(entry.Name))
            {
                throw new ArgumentException($"The name '{entry.Name}' is taken.", nameof(entries));
            }

            var bytes = SafetensorsWriter.DataBytes(entry);
            if (shards[^1].Count > 0 && bytes > maxShardBytes - filled)
            {
                shards.Add([]);
                filled = 0;
            }

            shards[^1].Add(entry);
            filled += bytes;
        }

        return shards;
    }

    static void WriteShard(string folder, string file, List<TensorEntry> entries, Func<string, Tensor> read)
    {
        using var stream = File.Create(Path.Combine(folder, file));
        SafetensorsWriter.Write(stream, entries, read);
    }

    static void WriteIndex(string file, IEnumerable<(string File, List<TensorEntry> Entries)> shards)
    {
        var places = shards.SelectMany(shard => shard.Entries, (shard, entry) => (Entry: entry, shard.File)).ToList();
        using var stream = File.Create(file);
        using (var writer = new Utf8JsonWriter(stream, Indented))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("metadata");
            writer.WriteNumber("total_size", places.Sum(place => SafetensorsWriter.DataBytes(place.Entry)));
            writer.WriteEndObject();
            writer.WriteStartObject("weight_map");
            foreach (var (entry, shard) in places.OrderBy(place => place.Entry.Name, StringComparer.Ordinal))
            {
                writer.WriteString(entry.Name, shard);
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        stream.WriteByte((byte)'\n');
    }
}
