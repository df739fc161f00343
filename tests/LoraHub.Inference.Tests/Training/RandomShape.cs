using System.Text.Json.Nodes;

using LoraHub.Inference.Tests.T5;

using static TorchSharp.torch;

namespace LoraHub.Inference.Tests.Training;

/// <summary>A folder with a random T5 of random sizes, made from a seed. The caller disposes it.</summary>
static class RandomShape
{
    public static WildFolder Make(int seed)
    {
        var random = new Random(seed);
        var isGated = seed % 2 == 0;
        var folder = new WildFolder(isGated ? "tiny-v1_1" : "tiny-v1_0");
        var (d, heads, k, ff) = (random.Next(5, 40), random.Next(1, 5), random.Next(3, 12), random.Next(5, 50));
        var sizes = new JsonObject
        {
            ["d_model"] = d,
            ["num_heads"] = heads,
            ["d_kv"] = k,
            ["d_ff"] = ff,
            ["vocab_size"] = 31,
            ["num_layers"] = 2,
            ["num_decoder_layers"] = 1,
        };
        foreach (var (name, size) in sizes)
        {
            folder.Config[name] = size!.DeepClone();
        }

        using var generator = new Generator((ulong)seed);
        foreach (var (name, golden) in folder.Tensors.ToArray())
        {
            folder.Tensors[name] = Shape(name) is { } shape ? randn(shape, generator: generator).mul(0.2).add(shape.Length == 1 ? 1 : 0) : golden;
        }

        return folder.Write();

        long[]? Shape(string name) => name.Split('.')[^2] switch
        {
            "q" or "k" or "v" => [heads * k, d],
            "o" => [d, heads * k],
            "wi" or "wi_0" or "wi_1" => [ff, d],
            "wo" => [d, ff],
            "shared" or "lm_head" or "embed_tokens" => [31, d],
            "relative_attention_bias" => [32, heads],
            _ => [d],
        };
    }
}
