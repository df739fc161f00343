using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using LoraHub.Formats.Adapters;
using LoraHub.Formats.Safetensors;
using LoraHub.Formats.Tensors;
using LoraHub.Modules.Versions;

namespace LoraHub.Modules.Tests.Support;

/// <summary>PEFT folders of given shapes, filled with ones.</summary>
static class AdapterFolder
{
    /// <param name="change">Changes a plain configuration.</param>
    public static string Write(
        string folder, int rank, IEnumerable<(string Layer, int Output, int Input)> layers, Action<JsonObject>? change = null) =>
        Write(folder, rank, layers.Select(layer => (layer.Layer, rank, layer.Output, layer.Input)), change);

    public static string Write(
        string folder, int rank, IEnumerable<(string Layer, int Rank, int Output, int Input)> layers, Action<JsonObject>? change = null)
    {
        Directory.CreateDirectory(folder);
        var config = new JsonObject { ["peft_type"] = "LORA", ["base_model_name_or_path"] = "some/base", ["r"] = rank, ["lora_alpha"] = 2 * rank };
        change?.Invoke(config);
        File.WriteAllText(Path.Combine(folder, ModuleFiles.Config), config.ToJsonString());
        var tensors = layers.SelectMany(layer => new[]
        {
            new TensorEntry(AdapterLayout.Key(layer.Layer, "lora_A"), DType.Float32, [layer.Rank, layer.Input]),
            new TensorEntry(AdapterLayout.Key(layer.Layer, "lora_B"), DType.Float32, [layer.Output, layer.Rank]),
        });
        using var file = File.Create(Path.Combine(folder, ModuleFiles.Weights));
        SafetensorsWriter.Write(file, tensors, (entry, write) =>
        {
            var ones = new float[entry.Elements];
            Array.Fill(ones, 1f / 1024);
            write(MemoryMarshal.AsBytes(ones.AsSpan()));
        });
        return folder;
    }
}
