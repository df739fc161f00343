using System.Text.Json;

using LoraHub.Formats.Tensors;

namespace LoraHub.Formats.Safetensors;

/// <summary>Writes a model as Hugging Face does: <c>model.safetensors</c>, or shards and an index when that would be too large.</summary>
public static class ShardedWriter
{
    static readonly JsonWriterOptions Indented = new() { Indented = true, NewLine = "\n" };

    /// <summary>Writes the tensors into a folder. Fills shards in the given order without splitting tensors.</summary>
    /// <param name="folder">An existing folder without a model.</param>
    /// <param name="data">Called once for each entry.</param>
    /// <param name="maxShardBytes">Maximum data bytes of a shard; a larger tensor gets its own shard. Default: 5 GB, as in Hugging Face.</param>
    /// <returns>The names of the files written, the index last.</returns>
    /// <exception cref="ArgumentException">Two tensors have the same name, or a tensor's data does not have the length of its entry.</exception>
    public static IReadOnlyList<string> Write(
        string folder, IEnumerable<TensorEntry> entries, TensorData data, long maxShardBytes = 5_000_000_000)
    {
        var shards = Fill(entries, maxShardBytes);
        if (shards is [var only])
        {
            WriteShard(folder, "model.safetensors", only, data);

            return ["model.safetensors"];
        }

        var files = shards.Select((_, i) => $"model-{i + 1:D5}-of-{shards.Count:D5}.safetensors").ToList();
        foreach (var (file, shard) in files.Zip(shards))
        {
            WriteShard(folder, file, shard, data);
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
                throw new ArgumentException($"The name '{entry.Name}' is used twice.", nameof(entries));
            }

            var bytes = entry.Bytes;
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

    static void WriteShard(string folder, string file, List<TensorEntry> entries, TensorData data)
    {
        using var stream = File.Create(Path.Combine(folder, file));
        SafetensorsWriter.Write(stream, entries, data);
    }

    static void WriteIndex(string file, IEnumerable<(string File, List<TensorEntry> Entries)> shards)
    {
        var places = shards.SelectMany(shard => shard.Entries, (shard, entry) => (Entry: entry, shard.File)).ToList();
        using var stream = File.Create(file);
        using (var writer = new Utf8JsonWriter(stream, Indented))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("metadata");
            writer.WriteNumber("total_size", places.Sum(place => place.Entry.Bytes));
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
