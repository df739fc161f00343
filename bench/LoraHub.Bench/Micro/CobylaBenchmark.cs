using BenchmarkDotNet.Attributes;

using LoraHub.Core.Optimization;

namespace LoraHub.Bench.Micro;

/// <summary>The default search without the cost of its evaluations: 20 weights, 40 evaluations.</summary>
public class CobylaBenchmark
{
    const int Dimension = 20, Budget = 40;

    [Benchmark(OperationsPerInvoke = Budget)]
    public SearchResult AskAndTell() =>
        Search.Minimize(Optimizers.Create(Optimizers.Default, new OptimizerSettings(Dimension, Budget)), Quadratic);

    static double Quadratic(double[] weights)
    {
        var sum = 0.0;
        for (var i = 0; i < weights.Length; i++)
        {
            var difference = weights[i] - (0.05 * (i - 7));
            sum += difference * difference * (1 + i);
        }

        return sum;
    }
}
