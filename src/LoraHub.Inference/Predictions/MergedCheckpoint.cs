using System.Text.Json;
using System.Text.Json.Nodes;

using LoraHub.Inference.Checkpoints;
using LoraHub.Inference.Lora;
using LoraHub.Inference.T5;

using static TorchSharp.torch;

namespace LoraHub.Inference.Predictions;

/// <summary>The base model with an adapter merged in: W + ΔW for every adapted layer, as PEFT's <c>merge_and_unload</c>.</summary>
static class MergedCheckpoint
{
    static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, NewLine = "\n" };

    // Whatever of these the base model's folder has goes along unchanged, so that the folder loads on its own.
    static readonly string[] Companions =
        ["generation_config.json", "special_tokens_map.json", "spiece.model", "tokenizer.json", "tokenizer_config.json"];

    /// <summary>Writes a Hugging Face folder: weights in the residual stream's dtype, configuration and tokenizer.</summary>
    public static void Write(T5Model model, LoraLayers lora, string folder, CancellationToken cancellationToken)
    {
        using var scope = NewDisposeScope();
        var type = model.StreamType;
        var entries = model.TensorNames.Order(StringComparer.Ordinal).Select(name => new TensorEntry(name, type, model[name].shape));
        ShardedWriter.Write(folder, entries, name =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            return Merge(model, lora, name).to(type);
        });

        var config = JsonNode.Parse(File.ReadAllBytes(Path.Combine(model.Folder, "config.json")))!.AsObject();
        config["torch_dtype"] = type == ScalarType.Float64 ? "float64" : "float32";
        File.WriteAllText(Path.Combine(folder, "config.json"), config.ToJsonString(Indented) + "\n");
        foreach (var name in Companions.Where(name => File.Exists(Path.Combine(model.Folder, name))))
        {
            File.Copy(Path.Combine(model.Folder, name), Path.Combine(folder, name));
        }
    }

    /// <summary>A tensor of the model as it is with the adapter merged in; belongs to the caller's scope or to the model.</summary>
    static Tensor Merge(T5Model model, LoraLayers lora, string name)
    {
        const string Weight = ".weight";

        var tensor = model[name];
        return name.EndsWith(Weight, StringComparison.Ordinal) && lora.Layers.TryGetValue(name[..^Weight.Length], out var update)
            ? update.DeltaWeight().to(model.StreamType).add_(tensor)
            : tensor;
    }
}
