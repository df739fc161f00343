using System.Text.Json;
using System.Text.Json.Nodes;

using LoraHub.Inference.Checkpoints;
using LoraHub.Inference.T5;

using static TorchSharp.torch;

namespace LoraHub.Bench.Large;

/// <summary>A T5 of random weights in Hugging Face's format: a real one's shape and cost, without its download.</summary>
static class RandomT5
{
    /// <summary>The model's id below the root.</summary>
    public const string Id = "bench/t5-large";

    /// <summary>FLAN-T5-large.</summary>
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

    /// <summary>Writes the model below a root unless it is there: 3.13 GB of fp32 for <see cref="Large"/>, the same on every machine.</summary>
    /// <param name="tokenizer">A folder whose tokenizer files are copied; its vocabulary is the smaller one.</param>
    /// <returns>The model's folder.</returns>
    public static string Make(string root, T5Config config, string tokenizer) => RandomFolder.Make(root, Id, folder =>
    {
        var text = JsonSerializer.SerializeToNode(config)!.AsObject();
        text["architectures"] = new JsonArray("T5ForConditionalGeneration");
        text["is_encoder_decoder"] = true;
        File.WriteAllText(Path.Combine(folder, "config.json"), text.ToJsonString(RandomFolder.Indented) + "\n");
        foreach (var file in (string[])["generation_config.json", "special_tokens_map.json", "spiece.model", "tokenizer.json", "tokenizer_config.json"])
        {
            File.Copy(Path.Combine(tokenizer, file), Path.Combine(folder, file));
        }

        RandomFolder.Write(Path.Combine(folder, "model.safetensors"), Tensors(config), seed: 0);
    });

    /// <summary>The names of the layers that a module on q and v adapts.</summary>
    public static IEnumerable<string> QueriesAndValues(T5Config config) =>
        Tensors(config)
            .Select(tensor => tensor.Entry.Name)
            .Where(name => name.EndsWith(".q.weight", StringComparison.Ordinal) || name.EndsWith(".v.weight", StringComparison.Ordinal))
            .Select(name => name[..^".weight".Length]);

    // The standard deviations that transformers initialises T5 with.
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
                $"{stack}.block.0.layer.0.SelfAttention.relative_attention_bias.weight", Math.Pow(d, -0.5), config.RelativeAttentionNumBuckets, config.NumHeads),
        ];

        RandomTensor Ones(string name) => new(new TensorEntry(name, ScalarType.Float32, [d]), Mean: 1, Deviation: 0);

        static RandomTensor Random(string name, double deviation, long rows, long columns) =>
            new(new TensorEntry(name, ScalarType.Float32, [rows, columns]), Mean: 0, deviation);
    }
}
