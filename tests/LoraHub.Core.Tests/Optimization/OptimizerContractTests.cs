using LoraHub.Core.Optimization;

namespace LoraHub.Core.Tests.Optimization;

/// <summary>Checks every optimizer that a request can name.</summary>
public sealed class OptimizerContractTests
{
    public static TheoryData<string> Names => new(Optimizers.Names);

    /// <summary>Every optimizer with dimensions and budgets around the edges (budget below the first simplex included) and odd objectives.</summary>
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

    [Theory]
    [MemberData(nameof(Cases))]
    public void It_starts_at_zero_stays_in_the_box_and_within_its_budget(string name, int dimension, int budget, string objective)
    {
        var points = Trace(Create(name, dimension, budget), Objectives[objective]);

        // The reference uses its whole budget and restarts; the others try every module alone, then end when nothing improves.
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
    public void It_recommends_an_evaluated_point_with_the_smallest_value(string name, int dimension, int budget, string objective)
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
    public void A_second_ask_without_a_tell_is_refused(string name)
    {
        var optimizer = Create(name);
        optimizer.Ask();

        Assert.Throws<InvalidOperationException>(optimizer.Ask);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_tell_for_another_point_than_asked_is_refused(string name)
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
    public void Nothing_is_recommended_before_the_first_value(string name)
    {
        var optimizer = Create(name);
        optimizer.Ask();

        Assert.Throws<InvalidOperationException>(optimizer.Recommend);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Changing_the_returned_arrays_does_not_affect_it(string name)
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

    [Fact]
    public void An_unknown_name_is_refused_with_a_list_of_valid_ones()
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

    internal static List<double[]> Trace(IOptimizer optimizer, Func<double[], double> objective)
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
