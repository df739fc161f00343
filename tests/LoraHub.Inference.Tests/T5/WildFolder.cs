using System.Text.Json.Nodes;
using LoraHub.Inference.Checkpoints;

using TorchSharp;

using static TorchSharp.torch;

namespace LoraHub.Inference.Tests.T5;

/// <summary>A copy of a golden model, to be changed as published folders differ. The values stay the golden ones.</summary>
sealed class WildFolder : IDisposable
{
    readonly DisposeScope _scope = NewDisposeScope();

    /// <param name="model"><c>tiny-v1_0</c> (tied head) or <c>tiny-v1_1</c> (own head).</param>
    public WildFolder(string model)
    {
        Config = JsonNode.Parse(System.IO.File.ReadAllText(Golden.Path($"t5/{model}/config.json")))!.AsObject();
        using var checkpoint = TensorReader.OpenModel(Golden.Path($"t5/{model}"));
        Tensors = checkpoint.Entries.Keys.ToDictionary(name => name, name => checkpoint.Read(name).clone());
    }

    public string Path { get; } = Directory.CreateTempSubdirectory("lorahub-wild-").FullName;

    /// <summary>The content of config.json.</summary>
    public JsonObject Config { get; }

    public Dictionary<string, Tensor> Tensors { get; }

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Rename(string tensor, string to)
    {
        Tensors.Add(to, Tensors[tensor]);
        Tensors.Remove(tensor);
    }

    /// <summary>Writes one file and the configuration.</summary>
    public WildFolder Write()
    {
        TensorWriter.Write(File("model.safetensors"), Tensors);
        return WriteConfig();
    }

    /// <summary>Writes two shards, an index and the configuration.</summary>
    /// <param name="listed">Changes what the index lists.</param>
    public WildFolder WriteShards(Action<JsonObject> listed)
    {
        var map = new JsonObject();
        foreach (var (half, shard) in Tensors.OrderBy(pair => pair.Key, StringComparer.Ordinal).Chunk((Tensors.Count + 1) / 2).Index())
        {
            var name = $"model-{half + 1:00000}-of-00002.safetensors";
            TensorWriter.Write(File(name), shard.ToDictionary());
            foreach (var (tensor, _) in shard)
            {
                map[tensor] = name;
            }
        }

        listed(map);
        System.IO.File.WriteAllText(File("model.safetensors.index.json"), new JsonObject { ["weight_map"] = map }.ToJsonString());
        return WriteConfig();
    }

    public void Dispose()
    {
        _scope.Dispose();
        Directory.Delete(Path, recursive: true);
    }

    WildFolder WriteConfig()
    {
        System.IO.File.WriteAllText(File("config.json"), Config.ToJsonString());
        return this;
    }
}
