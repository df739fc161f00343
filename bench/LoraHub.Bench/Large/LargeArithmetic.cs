using LoraHub.Formats.ModelConfig;
using LoraHub.Inference.Kernels;

using static TorchSharp.torch;

namespace LoraHub.Bench.Large;

/// <summary>The arithmetic of an evaluation, and the processor's highest rate for it.</summary>
static class LargeArithmetic
{
    /// <summary>Counts the floating-point operations of one evaluation by our model, matrix products only.</summary>
    public static double Operations(T5Config config, IReadOnlyList<int[]> inputs, IReadOnlyList<int[]> targets)
    {
        const double PerProduct = 2; // a multiplication and an addition
        const double Rank = 16;

        double d = config.DModel, inner = config.NumHeads * config.DKv, ff = config.DFf;
        double n = inputs.Sum(row => row.Length), t = targets.Sum(row => row.Length);
        var dense = (config.IsGated ? 3 : 2) * ff * d;
        var lora = 2 * Rank * (d + inner); // on q and v
        var encoder = (n * ((4 * inner * d) + dense + lora)) + (2 * inner * inputs.Sum(row => (double)row.Length * row.Length));
        var absorbed = inputs.Zip(targets, (input, target) => 2.0 * target.Length * config.NumHeads * d * input.Length).Sum() + (2 * t * inner * d);
        var decoder = (t * ((6 * inner * d) + dense + (2 * lora))) + absorbed + (2 * inner * targets.Sum(row => (double)row.Length * row.Length));
        return PerProduct * ((config.NumLayers * encoder) + (config.DecoderLayers * decoder) + (t * d * config.VocabSize));
    }

    /// <summary>Counts those of reading an input before its answer: the encoder, and the decoder's keys and values of its states.</summary>
    public static double Reading(T5Config config, int tokens)
    {
        double d = config.DModel, inner = config.NumHeads * config.DKv;
        var encoder = (4 * inner * d) + ((config.IsGated ? 3 : 2) * config.DFf * d) + (2 * inner * tokens);
        return 2 * tokens * ((config.NumLayers * encoder) + (config.DecoderLayers * 2 * inner * d));
    }

    /// <summary>Measures the product of 2048 rows with a packed matrix of 2048 × 2048.</summary>
    /// <returns>Operations a second.</returns>
    public static double Ceiling(ScalarType type)
    {
        const int Size = 2048;
        const int Repetitions = 6;

        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (x, packed) = (rand(Size, Size).to(type), LibTorch.Pack(rand(Size, Size).to(type)));
        LibTorch.Linear(x, packed);
        return Repetitions * 2.0 * Size * Size * Size / Timed.Seconds(() =>
        {
            for (var i = 0; i < Repetitions; i++)
            {
                using var one = NewDisposeScope();
                LibTorch.Linear(x, packed);
            }
        });
    }
}
