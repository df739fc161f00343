using CsCheck;

using LoraHub.Core.Optimization;

namespace LoraHub.Core.Tests.Optimization;

/// <summary>What holds for every optimiser a request can name.</summary>
public sealed class OptimizerContractTests
{
    public static TheoryData<string> Names => new(Optimizers.Names);

    /// <summary>Every optimiser with dimensions and budgets around the edges (budget below the first simplex included) and odd objectives.</summary>
    public static TheoryData<string, int, int, string> Cases
    {
        get
        {
            var cases = new TheoryData<string, int, int, string>();
            cases.AddRange(
                from name in Optimizers.Names
                from dimension in new[] { 1, 2, 7 }
                from budget in new[] { 1, 2, 8, 60 }
                from objective in Objectives.Keys
                select (name, dimension, budget, objective));
            return cases;
        }
    }

    static readonly Dictionary<string, Func<double[], double>> Objectives = new(StringComparer.Ordinal)
    {
        ["downhill forever"] = w => w.Sum(),
        ["flat"] = _ => 1,
        ["waves"] = w => w.Sum(x => Math.Sin(37 * x)),
        ["huge"] = w => 1e300 * w[0],
        ["tiny"] = w => 1e-300 * w[0],
        ["not a number"] = _ => double.NaN,
        ["minus infinity on one side"] = w => w[0] > 0.2 ? double.NegativeInfinity : w[0],
        ["cliff"] = w => w[^1] < 0 ? double.PositiveInfinity : w[^1],
    };

    static readonly double[] Odd = [double.NaN, double.PositiveInfinity, double.NegativeInfinity, double.MaxValue, double.MinValue, Evaluation.WorstValue, 0];

    static readonly Gen<double> AnyValue = Gen.OneOf(Gen.Double[-5, 5], Gen.Int[0, 2].Select(value => (double)value), Gen.Int[0, Odd.Length - 1].Select(i => Odd[i]));

    /// <summary>Settings and what is told, from its beginning again when it is at its end.</summary>
    static readonly Gen<(OptimizerSettings Settings, double[] Told)> AnySearch = Gen.Select(
        Gen.Int[1, 12], Gen.Int[1, 60], Gen.Double[0.01, 4], Gen.Long, AnyValue.Array[1, 60],
        (dimension, budget, bound, seed, told) => (new OptimizerSettings(dimension, budget, bound, seed), told));

    [Theory]
    [MemberData(nameof(Cases))]
    public void It_spends_its_budget_or_ends_before_inside_the_box_beginning_at_zero(string name, int dimension, int budget, string objective)
    {
        var points = Trace(Create(name, dimension, budget), Objectives[objective]);

        // The reference spends all of it, starting again where it ends; the others end when nothing improves, once every module was tried alone.
        Assert.InRange(points.Count, name == Optimizers.Default ? budget : Math.Min(budget, dimension + 1), budget);
        Assert.All(points[0], weight => Assert.Equal(0, weight));
        Assert.All(points, point => Assert.Equal(dimension, point.Length));
        Assert.All(points.SelectMany(point => point), weight => Assert.InRange(weight, -1.5, 1.5));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void It_asks_for_the_same_points_again(string name, int dimension, int budget, string objective)
    {
        var once = Trace(Create(name, dimension, budget), Objectives[objective]);
        var twice = Trace(Create(name, dimension, budget), Objectives[objective]);

        Assert.Equal(once, twice);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void It_recommends_a_told_point_of_the_smallest_value(string name, int dimension, int budget, string objective)
    {
        var optimizer = Create(name, dimension, budget);
        var points = Trace(optimizer, Objectives[objective]);

        var recommendation = optimizer.Recommend();

        var values = points.Select(Objectives[objective]).Select(value => Evaluation.IsUsable(value) ? value : Evaluation.WorstValue).ToArray();
        Assert.Equal(values.Min(), recommendation.Value);
        Assert.Equal(points[recommendation.Index], recommendation.Weights);
        Assert.Equal(values[recommendation.Index], recommendation.Value);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Asking_twice_without_telling_is_refused(string name)
    {
        var optimizer = Create(name);
        optimizer.Ask();

        Assert.Throws<InvalidOperationException>(optimizer.Ask);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Telling_what_was_not_asked_is_refused(string name)
    {
        var optimizer = Create(name, budget: 1);

        Assert.Throws<InvalidOperationException>(() => optimizer.Tell(1));

        optimizer.Ask();
        optimizer.Tell(1);
        Assert.Throws<InvalidOperationException>(() => optimizer.Tell(1));
        Assert.Null(optimizer.Ask());
        Assert.Throws<InvalidOperationException>(() => optimizer.Tell(1));
        Assert.Equal(0, optimizer.Recommend().Index);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Nothing_is_recommended_before_anything_is_told(string name)
    {
        var optimizer = Create(name);
        optimizer.Ask();

        Assert.Throws<InvalidOperationException>(optimizer.Recommend);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Changing_the_arrays_it_gave_away_changes_nothing_in_it(string name)
    {
        static double Bowl(double[] w) => w.Sum(x => (x - 0.3) * (x - 0.3));
        var expected = Trace(Create(name), Bowl);
        var optimizer = Create(name);

        var points = new List<double[]>();
        while (optimizer.Ask() is { } weights)
        {
            points.Add([.. weights]);
            var value = Bowl(weights);
            Array.Fill(weights, double.NaN);
            optimizer.Tell(value);
            Array.Fill(optimizer.Recommend().Weights, double.NaN);
        }

        Assert.Equal(expected, points);
        Assert.DoesNotContain(double.NaN, optimizer.Recommend().Weights);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void It_stays_in_a_box_of_any_size(string name)
    {
        var optimizer = Optimizers.Create(name, new OptimizerSettings(3, 50, Bound: 0.1));

        var weights = Trace(optimizer, w => w.Sum()).SelectMany(point => point).ToArray();

        Assert.All(weights, weight => Assert.InRange(weight, -0.1, 0.1));
        Assert.True(weights.Min() < -0.09);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Whatever_it_is_told_it_keeps_to_its_budget_and_box_and_recommends_the_best_of_what_it_saw(string name)
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
    public void Told_the_same_with_the_same_seed_it_asks_the_same(string name)
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
    public void What_is_ahead_is_asked_for_next_whatever_is_told(string name)
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

    [Fact]
    public void Changing_what_is_ahead_changes_nothing()
    {
        var optimizer = Create(Optimizers.ProbeCobyla);
        optimizer.Ask();

        Assert.All(optimizer.Ahead, point => Array.Fill(point, double.NaN));

        Assert.All(optimizer.Ahead.SelectMany(point => point), weight => Assert.InRange(weight, 0, 1));
    }

    [Theory]
    [InlineData("probe_cobyla", 6)]
    [InlineData("probe_cobyla_wide", 6)]
    public void Every_module_is_tried_alone_and_the_best_few_are_refined_from_the_best(string name, int refined)
    {
        static double Loss(double[] w) => w.Index().Sum(x => (x.Item - (x.Index / 10.0)) * (x.Item - (x.Index / 10.0))); // the last modules help most

        var points = Trace(Create(name, dimension: 12, budget: 60), Loss);

        Assert.All(points[1..13].Index(), point => Assert.Equal([point.Index], Used(point.Item)));
        Assert.All(points[1..13], point => Assert.Equal(1, point.Max()));
        Assert.Equal(Enumerable.Range(12 - refined, refined), points[13..].SelectMany(Used).Distinct().Order());
        Assert.True(points.Min(Loss) < points[..13].Min(Loss));

        static IEnumerable<int> Used(double[] point) => point.Index().Where(x => x.Item != 0).Select(x => x.Index);
    }

    [Theory]
    [InlineData("probe_cobyla")]
    [InlineData("probe_cobyla_wide")]
    public void Where_nothing_improves_it_ends_before_its_budget(string name)
    {
        Assert.InRange(Trace(Create(name, dimension: 3, budget: 100), w => w.Sum(Math.Abs)).Count, 4, 99);
    }

    [Fact]
    public void An_unknown_name_is_refused_with_the_known_ones()
    {
        var error = Assert.Throws<ArgumentException>(() => Create("adam"));

        Assert.Contains("'adam'", error.Message, StringComparison.Ordinal);
        Assert.Contains("cobyla", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 10, 1.5)]
    [InlineData(2, 0, 1.5)]
    [InlineData(2, 10, 0)]
    [InlineData(2, 10, double.NaN)]
    [InlineData(2, 10, double.PositiveInfinity)]
    public void Settings_out_of_range_are_refused(int dimension, int budget, double bound) =>
        Assert.Throws<ArgumentException>(() => Optimizers.Create(Optimizers.Default, new OptimizerSettings(dimension, budget, bound)));

    static IOptimizer Create(string name, int dimension = 3, int budget = 20) => Optimizers.Create(name, new OptimizerSettings(dimension, budget));

    static (List<double[]> Points, double[] Values) Run(IOptimizer optimizer, double[] told)
    {
        var count = 0;
        var points = Trace(optimizer, _ => told[count++ % told.Length]);
        return (points, [.. points.Select((_, i) => told[i % told.Length]).Select(value => Evaluation.IsUsable(value) ? value : Evaluation.WorstValue)]);
    }

    static List<double[]> Trace(IOptimizer optimizer, Func<double[], double> objective)
    {
        var points = new List<double[]>();
        while (optimizer.Ask() is { } weights)
        {
            points.Add(weights);
            optimizer.Tell(objective(weights));
        }

        return points;
    }
}
