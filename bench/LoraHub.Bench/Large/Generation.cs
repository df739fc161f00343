using LoraHub.Inference.T5;
using LoraHub.Plain;

using static TorchSharp.torch;

namespace LoraHub.Bench.Large;

/// <summary>
/// Times one generated token for five rows in the fastest dtype: with our cache of keys and values, and without one at 32 tokens.
/// </summary>
static class Generation
{
    const int Tokens = 32;
    const int Rounds = 3;

    /// <returns>Seconds.</returns>
    public static (double Cached, double Uncached) Measure(string folder)
    {
        using var noGrad = no_grad();
        using var work = new LargeWork(folder, LargeWork.Fastest, modules: 1);
        using var plain = PlainT5.Load(Path.Combine(folder, RandomT5.Id), LargeWork.Fastest);
        Generate(work, 2);
        GenerateUncached(plain, 2);
        var (cached, uncached) = (new List<double>(), new List<double>());
        for (var round = 0; round < Rounds; round++)
        {
            var (few, many) = (Timed.Seconds(() => Generate(work, 1)), Timed.Seconds(() => Generate(work, Tokens + 1)));
            cached.Add((many - few) / Tokens);
            var (before, after) = (
                Timed.Seconds(() => GenerateUncached(plain, Tokens - 4)), Timed.Seconds(() => GenerateUncached(plain, Tokens + 4)));
            uncached.Add((after - before) / 8);
        }

        return (Timed.Median(cached), Timed.Median(uncached));
    }

    static void Generate(LargeWork work, int tokens) => GreedyDecoder.Generate(work.Model, LargeWork.Inputs, null, tokens, CancellationToken.None);

    static void GenerateUncached(PlainT5 model, int tokens)
    {
        using var scope = NewDisposeScope();
        model.Generate(PaddedRows.Ids(LargeWork.Inputs, 0), tokens, null);
    }
}
