using System.Text.Json;
using System.Text.Json.Nodes;


using LoraHub.Formats.Adapters;
using LoraHub.Inference.Checkpoints;
using LoraHub.Inference.Kernels;

using static TorchSharp.torch;

namespace LoraHub.Inference.Lora;

/// <summary>One layer's factors in PEFT's format.</summary>
/// <param name="A">lora_A, (r, in).</param>
/// <param name="B">lora_B, (out, r).</param>
sealed record PeftFactors(string Layer, Tensor A, Tensor B);

/// <summary>A composed adapter in the format of PEFT's two files. Its tensors belong to the scope it was created in.</summary>
/// <param name="Rank">r, the same for every layer.</param>
/// <param name="Alpha">lora_alpha.</param>
sealed record PeftAdapter(int Rank, double Alpha, IReadOnlyList<PeftFactors> Factors)
{
    // Suffixes that match the same layers in every PEFT version: 0.4.0 matches any name that ends with one, so `k` would also match `block`.
    static readonly string[] PlainTargets = ["q", "v", "wi", "wi_0", "wi_1", "wo"];

    static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, NewLine = "\n" };

    /// <summary>The adapter of factors in a layout's order. Its tensors belong to the caller's scope; some are views of the numbers.</summary>
    /// <remarks>PEFT 0.4 has one r and one lora_alpha: other layers are padded to the largest rank and have their scaling in B.</remarks>
    public static PeftAdapter Of(AdapterLayout layout, Tensor numbers) => layout.IsUniform
        ? new PeftAdapter(
            layout.Rank,
            layout.Slots[0].Scaling * layout.Rank,
            [.. layout.Slots.Select(slot => new PeftFactors(slot.Layer, slot.A(numbers), slot.B(numbers)))])
        : new PeftAdapter(layout.Rank, layout.Rank, [.. layout.Slots.Select(slot => Padded(slot, numbers, layout.Rank))]);

    /// <summary>Whether every number is finite.</summary>
    public bool IsFinite() => Factors.All(factors =>
    {
        using var scope = NewDisposeScope();
        return factors.A.isfinite().all().item<bool>() && factors.B.isfinite().all().item<bool>();
    });

    /// <summary>Writes <c>adapter_model.safetensors</c> in fp32 with PEFT's keys.</summary>
    public void WriteWeights(Stream stream)
    {
        var tensors = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        foreach (var (layer, a, b) in Factors)
        {
            tensors[AdapterLayout.Key(layer, "lora_A")] = a;
            tensors[AdapterLayout.Key(layer, "lora_B")] = b;
        }

        TensorWriter.Write(stream, tensors);
    }

    /// <summary>The text of <c>adapter_config.json</c>, with the fields of PEFT 0.4.0, which later versions also read.</summary>
    /// <param name="layersOfModel">The names of all base model tensors. Short target names are used only if they match no other layers.</param>
    public string Config(string baseModel, IReadOnlyCollection<string> layersOfModel) => new JsonObject
    {
        ["auto_mapping"] = null,
        ["base_model_name_or_path"] = baseModel,
        ["bias"] = "none",
        ["fan_in_fan_out"] = false,
        ["inference_mode"] = true,
        ["init_lora_weights"] = true,
        ["layers_pattern"] = null,
        ["layers_to_transform"] = null,
        ["lora_alpha"] = double.IsInteger(Alpha) ? (long)Alpha : Alpha,
        ["lora_dropout"] = 0.0,
        ["modules_to_save"] = null,
        ["peft_type"] = "LORA",
        ["r"] = Rank,
        ["revision"] = null,
        ["target_modules"] = new JsonArray([.. Targets(layersOfModel).Select(target => JsonValue.Create(target))]),
        ["task_type"] = "SEQ_2_SEQ_LM",
    }.ToJsonString(Indented) + "\n";

    static PeftFactors Padded(LayerSlot slot, Tensor numbers, int rank)
    {
        var missing = rank - slot.Rank;
        return new PeftFactors(
            slot.Layer,
            nn.functional.pad(slot.A(numbers), [0, 0, 0, missing]),
            nn.functional.pad(slot.B(numbers).mul(LiveScalar.Of(slot.Scaling)), [0, missing]));
    }

    IEnumerable<string> Targets(IReadOnlyCollection<string> layersOfModel)
    {
        var adapted = Factors.Select(factors => factors.Layer).ToHashSet(StringComparer.Ordinal);
        var suffixes = adapted.Select(layer => layer[(layer.LastIndexOf('.') + 1)..]).Distinct().Order(StringComparer.Ordinal).ToArray();
        var matched = layersOfModel.Count(name => suffixes.Any(suffix => name.EndsWith($".{suffix}.weight", StringComparison.Ordinal)));

        return suffixes.All(PlainTargets.Contains) && matched == adapted.Count ? suffixes : adapted.Order(StringComparer.Ordinal);
    }
}
