using System.Text.Json.Nodes;
using LoraHub.Formats.ModelConfig;
using LoraHub.Formats.Tensors;

namespace LoraHub.Bench.Large;

/// <summary>Random LoRA modules for <see cref="RandomT5"/> in PEFT's format: r = 16 on q and v.</summary>
static class RandomModules
{
    const int Rank = 16;
    const int Alpha = 32;

    public static string Id(int index) => $"bench/module-{index:D3}";

    /// <summary>Writes the missing ones of <c>bench/module-000</c> and so on under a root: 19 MB each for a large model.</summary>
    /// <returns>The modules' ids, in order.</returns>
    public static IReadOnlyList<string> Make(string root, T5Config config, int count)
    {
        string[] ids = [.. Enumerable.Range(0, count).Select(Id)];
        for (var i = 0; i < count; i++)
        {
            var seed = (i + 1) * 10_000; // greater than the number of tensors in the model or a module
            RandomFolder.Make(root, ids[i], folder =>
            {
                File.WriteAllText(Path.Combine(folder, "adapter_config.json"), AdapterConfig().ToJsonString(RandomFolder.Indented) + "\n");
                RandomFolder.Write(Path.Combine(folder, "adapter_model.safetensors"), Factors(config), seed);
            });
        }

        return ids;
    }

    // lora_B is small, as after training: a module changes the base model's output only slightly.
    static IEnumerable<RandomTensor> Factors(T5Config config)
    {
        long inner = config.NumHeads * config.DKv;
        foreach (var layer in RandomT5.QueriesAndValues(config))
        {
            yield return Factor(layer, "lora_A", 1 / Math.Sqrt(config.DModel), Rank, config.DModel);
            yield return Factor(layer, "lora_B", 0.02 / Math.Sqrt(Rank), inner, Rank);
        }

        static RandomTensor Factor(string layer, string factor, double deviation, long rows, long columns) =>
            new(new TensorEntry($"base_model.model.{layer}.{factor}.weight", DType.Float32, [rows, columns]), Mean: 0, deviation);
    }

    static JsonObject AdapterConfig() => new()
    {
        ["auto_mapping"] = null,
        ["base_model_name_or_path"] = RandomT5.Id,
        ["bias"] = "none",
        ["fan_in_fan_out"] = false,
        ["inference_mode"] = true,
        ["init_lora_weights"] = true,
        ["layers_pattern"] = null,
        ["layers_to_transform"] = null,
        ["lora_alpha"] = Alpha,
        ["lora_dropout"] = 0.0,
        ["modules_to_save"] = null,
        ["peft_type"] = "LORA",
        ["r"] = Rank,
        ["revision"] = null,
        ["target_modules"] = new JsonArray("q", "v"),
        ["task_type"] = "SEQ_2_SEQ_LM",
    };
}
