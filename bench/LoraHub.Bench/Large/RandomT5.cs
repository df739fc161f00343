using System.Text.Json;
using System.Text.Json.Nodes;

using LoraHub.Formats.ModelConfig;
using LoraHub.Formats.Tensors;

namespace LoraHub.Bench.Large;

/// <summary>A T5 with random weights in Hugging Face's format: the shape and cost of a real model without a download.</summary>
static class RandomT5
{
    /// <summary>The model's id under the root.</summary>
    public const string Id = "bench/t5-large";

    /// <summary>The configuration of FLAN-T5-large.</summary>
    public static T5Config Large { get; } = new()
    {
        ModelType = "t5",
        DModel = 1024,
        DKv = 64,
        DFf = 2816,
        NumLayers = 24,
        NumDecoderLayers = 24,
        NumHeads = 16,
        FeedForwardProj = "gated-gelu",
        TieWordEmbeddings = false,
    };

    /// <summary>Writes the model under a root unless it exists: 3.13 GB in fp32 for <see cref="Large"/>, identical on every machine.</summary>
    /// <param name="tokenizer">A folder to copy the tokenizer files from. Its vocabulary may be smaller than the model's.</param>
    /// <returns>The model's folder.</returns>
    public static string Make(string root, T5Config config, string tokenizer) => RandomFolder.Make(root, Id, folder =>
    {
        var text = JsonSerializer.SerializeToNode(config)!.AsObject();
        text["architectures"] = new JsonArray("T5ForConditionalGeneration");
        text["is_encoder_decoder"] = true;
        File.WriteAllText(Path.Combine(folder, "config.json"), text.ToJsonString(RandomFolder.Indented) + "\n");
        foreach (
            var file in (string[])["generation_config.json", "special_tokens_map.json", "spiece.model", "tokenizer.json", "tokenizer_config.json"])
        {
            File.Copy(Path.Combine(tokenizer, file), Path.Combine(folder, file));
        }

        RandomFolder.Write(Path.Combine(folder, "model.safetensors"), Tensors(config), seed: 0);
    });

    /// <summary>Lists the layers that a module on q and v adapts.</summary>
    public static IEnumerable<string> QueriesAndValues(T5Config config) =>
        Tensors(config)
            .Select(tensor => tensor.Entry.Name)
            .Where(name => name.EndsWith(".q.weight", StringComparison.Ordinal) || name.EndsWith(".v.weight", StringComparison.Ordinal))
            .Select(name => name[..^".weight".Length]);

    // The standard deviations with which transformers initializes T5.
    static IEnumerable<RandomTensor> Tensors(T5Config config)
    {
        var (d, inner, ff) = ((long)config.DModel, (long)config.NumHeads * config.DKv, (long)config.DFf);

        return
        [
            Random("shared.weight", 1, config.VocabSize, d),
            .. Enumerable.Range(0, config.NumLayers).SelectMany(i => Block($"encoder.block.{i}.layer", ["SelfAttention"])),
            Ones("encoder.final_layer_norm.weight"),
            .. Enumerable.Range(0, config.DecoderLayers).SelectMany(i => Block($"decoder.block.{i}.layer", ["SelfAttention", "EncDecAttention"])),
            Ones("decoder.final_layer_norm.weight"),
            .. Buckets("encoder"),
            .. Buckets("decoder"),
            .. config.TieWordEmbeddings ? (RandomTensor[])[] : [Random("lm_head.weight", Math.Pow(d, -0.5), config.VocabSize, d)],
        ];

        IEnumerable<RandomTensor> Block(string name, string[] attentions)
        {
            foreach (var (attention, i) in attentions.Select((attention, i) => (attention, i)))
            {
                yield return Ones($"{name}.{i}.layer_norm.weight");
                yield return Random($"{name}.{i}.{attention}.q.weight", Math.Pow(d * config.DKv, -0.5), inner, d);
                yield return Random($"{name}.{i}.{attention}.k.weight", Math.Pow(d, -0.5), inner, d);
                yield return Random($"{name}.{i}.{attention}.v.weight", Math.Pow(d, -0.5), inner, d);
                yield return Random($"{name}.{i}.{attention}.o.weight", Math.Pow(inner, -0.5), d, inner);
            }

            var dense = $"{name}.{attentions.Length}.DenseReluDense";
            yield return Ones($"{name}.{attentions.Length}.layer_norm.weight");
            foreach (var wi in (string[])(config.IsGated ? ["wi_0", "wi_1"] : ["wi"]))
            {
                yield return Random($"{dense}.{wi}.weight", Math.Pow(d, -0.5), ff, d);
            }

            yield return Random($"{dense}.wo.weight", Math.Pow(ff, -0.5), d, ff);
        }

        RandomTensor[] Buckets(string stack) =>
        [
            Random(
                $"{stack}.block.0.layer.0.SelfAttention.relative_attention_bias.weight",
                Math.Pow(d, -0.5),
                config.RelativeAttentionNumBuckets, config.NumHeads),
        ];

        RandomTensor Ones(string name) => new(new TensorEntry(name, DType.Float32, [d]), Mean: 1, Deviation: 0);

        static RandomTensor Random(string name, double deviation, long rows, long columns) =>
            new(new TensorEntry(name, DType.Float32, [rows, columns]), Mean: 0, deviation);
    }
}
