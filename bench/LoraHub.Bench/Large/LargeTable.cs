using LoraHub.Plain;

using static TorchSharp.torch;

namespace LoraHub.Bench.Large;

/// <summary>The figures of the engine on a model of FLAN-T5-large's shape, everything interleaved in one run.</summary>
static class LargeTable
{
    const int Rounds = 9;

    public static void Print(string root)
    {
        using var noGrad = no_grad();
        using var bf16 = new LargeWork(root, ScalarType.BFloat16);
        using var fp32 = new LargeWork(root, ScalarType.Float32);
        using var plain = PlainT5.Load(Path.Combine(root, RandomT5.Id), ScalarType.Float32);
        using var plainModules = PlainModules.Load([.. Enumerable.Range(0, LargeWork.Modules).Select(i => Path.Combine(root, $"bench/module-{i:D3}"))], ScalarType.Float32);
        var rounds = new List<(double Plain, double Fp32, double Bf16, double Compose, double Ceiling)>();
        for (var round = 0; round < Rounds + 2; round++)
        {
            rounds.Add((
                Timed.Seconds(() => EvaluatePlain(plain, plainModules, bf16.Weights(round))),
                Timed.Seconds(() => fp32.Evaluate(round)),
                Timed.Seconds(() => bf16.Evaluate(round)),
                Timed.Seconds(() => Compose(bf16, round)),
                LargeArithmetic.Ceiling(ScalarType.BFloat16)));
            Console.Error.WriteLine(rounds[^1]);
        }
    }

    static void Compose(LargeWork work, int round)
    {
        using var scope = NewDisposeScope();
        work.Composition.Compose([work.Weights(round)]);
    }

    static double EvaluatePlain(PlainT5 model, PlainModules modules, double[] weights)
    {
        using var scope = NewDisposeScope();
        return model.Loss(PaddedRows.Ids(LargeWork.Inputs, 0), PaddedRows.Mask(LargeWork.Inputs), PaddedRows.Ids(LargeWork.Targets, -100), modules.Compose(weights));
    }
}
