using CsCheck;

using LoraHub.Core.Optimization;

namespace LoraHub.Core.Tests.Optimization;

/// <summary>Checks every optimizer that a request can name, with arbitrary values.</summary>
public sealed class OptimizerPropertyTests
{
    public static TheoryData<string> Names => new(Optimizers.Names);

    static readonly double[] Odd = [double.NaN, double.PositiveInfinity, double.NegativeInfinity, double.MaxValue, double.MinValue,
        Evaluation.WorstValue, 0];

    static readonly Gen<double> AnyValue = Gen.OneOf(Gen.Double[-5, 5], Gen.Int[0, 2].Select(value => (double)value),
        Gen.Int[0, Odd.Length - 1].Select(i => Odd[i]));

    /// <summary>Settings, and the values to report, which repeat from the start.</summary>
    static readonly Gen<(OptimizerSettings Settings, double[] Told)> AnySearch = Gen.Select(
        Gen.Int[1, 12], Gen.Int[1, 60], Gen.Double[0.01, 4], Gen.Long, AnyValue.Array[1, 60],
        (dimension, budget, bound, seed, told) => (new OptimizerSettings(dimension, budget, bound, seed), told));

    [Theory]
    [MemberData(nameof(Names))]
    public void For_any_values_it_keeps_its_budget_and_box_and_recommends_the_best_point(string name)
    {
        AnySearch.Sample(search =>
        {
            var optimizer = Optimizers.Create(name, search.Settings);
            var (points, values) = Run(optimizer, search.Told);

            Assert.InRange(points.Count, Math.Min(search.Settings.Budget, search.Settings.Dimension + 1), search.Settings.Budget);
            Assert.All(points.SelectMany(point => point), weight => Assert.InRange(weight, -search.Settings.Bound, search.Settings.Bound));
            Assert.Null(optimizer.Ask());
            var recommendation = optimizer.Recommend();
            Assert.Equal(values.Min(), recommendation.Value);
            Assert.Equal(values[recommendation.Index], recommendation.Value);
            Assert.Equal(points[recommendation.Index], recommendation.Weights);
        });
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_same_seed_and_values_give_the_same_points(string name)
    {
        AnySearch.Sample(search =>
        {
            var (once, _) = Run(Optimizers.Create(name, search.Settings), search.Told);
            var (twice, _) = Run(Optimizers.Create(name, search.Settings), search.Told);

            Assert.Equal(once, twice);
        });
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Announced_points_come_next_for_any_values(string name)
    {
        Gen.Select(AnySearch, AnyValue.Array[1, 60]).Sample((search, others) =>
        {
            var optimizer = Optimizers.Create(name, search.Settings);
            var promised = new Queue<double[]>(optimizer.Ahead);
            for (var i = 0; optimizer.Ask() is { } weights; i++)
            {
                if (promised.TryDequeue(out var point))
                {
                    Assert.Equal(point, weights);
                }

                var ahead = optimizer.Ahead;
                Assert.InRange(i + 1 + ahead.Count, 1, search.Settings.Budget);
                Assert.Equal(promised, ahead.Take(promised.Count));
                promised = new Queue<double[]>(ahead);
                optimizer.Tell(others[i % others.Length]);
                Assert.Equal(promised, optimizer.Ahead.Take(promised.Count));
            }

            Assert.Empty(promised);
        });
    }

    static (List<double[]> Points, double[] Values) Run(IOptimizer optimizer, double[] told)
    {
        var count = 0;
        var points = OptimizerContractTests.Trace(optimizer, _ => told[count++ % told.Length]);
        return (points,
            [.. points.Select((_, i) => told[i % told.Length]).Select(value => Evaluation.IsUsable(value) ? value : Evaluation.WorstValue)]);
    }
}
