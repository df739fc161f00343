using System.Text.Json;
using System.Text.Json.Nodes;

using LoraHub.Formats.Safetensors;
using LoraHub.Inference.Checkpoints;
using LoraHub.Inference.Kernels;
using LoraHub.Inference.Lora;
using LoraHub.Inference.T5;

using static TorchSharp.torch;

namespace LoraHub.Inference.Results;

/// <summary>The base model with an adapter merged in: W + ΔW for every adapted layer, as PEFT's <c>merge_and_unload</c>.</summary>
static class MergedCheckpoint
{
    static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, NewLine = "\n" };

    // Copied unchanged if the base model's folder has them, so that the folder can be loaded by itself.
    static readonly string[] Companions =
    [
        "added_tokens.json", "generation_config.json", "special_tokens_map.json", "spiece.model", "tokenizer.json", "tokenizer_config.json",
    ];

    /// <summary>Writes a Hugging Face folder: weights in the residual stream's dtype, configuration and tokenizer.</summary>
    public static void Write(T5Model model, PeftAdapter adapter, string folder, CancellationToken cancellationToken)
    {
        using var scope = NewDisposeScope();
        var type = model.StreamType;
        var updates = adapter.Factors.ToDictionary(
            factors => factors.Layer + ".weight", factors => new LoraLayer(factors.A, factors.B, adapter.Alpha / adapter.Rank));
        using var source = TensorReader.OpenModel(model.Folder); // not the model in memory, which may be in bf16
        var entries = model.Tensors.Values.OrderBy(entry => entry.Name, StringComparer.Ordinal)
            .Select(entry => entry with { DType = type.ToDType() });
        ShardedWriter.Write(folder, entries, TensorWriter.Data(name =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            var tensor = source.Read(model.StoredName(name)).to(type, model.Device);
            return updates.TryGetValue(name, out var update) ? update.DeltaWeight().to(type).add_(tensor, LiveScalar.One) : tensor;
        }));

        var config = JsonNode.Parse(File.ReadAllBytes(Path.Combine(model.Folder, "config.json")))!.AsObject();
        config["torch_dtype"] = type == ScalarType.Float64 ? "float64" : "float32";
        File.WriteAllText(Path.Combine(folder, "config.json"), config.ToJsonString(Indented) + "\n");
        foreach (var name in Companions.Where(name => File.Exists(Path.Combine(model.Folder, name))))
        {
            File.Copy(Path.Combine(model.Folder, name), Path.Combine(folder, name));
        }
    }
}
