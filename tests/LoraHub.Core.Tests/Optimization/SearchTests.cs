using LoraHub.Core.Optimization;

namespace LoraHub.Core.Tests.Optimization;

public sealed class SearchTests
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(6e20)]
    public void When_no_value_is_usable_zero_is_recommended_and_the_caller_can_tell(double value)
    {
        var result = Search.Minimize(Cobyla(budget: 30), _ => value, cancellationToken: Token);

        Assert.Equal([0.0, 0.0], result.Recommendation.Weights);
        Assert.Equal(0, result.Recommendation.Index);
        Assert.Equal(value, result.Recommendation.Value);
        Assert.Equal(value, result.ZeroValue);
        Assert.Equal(30, result.Evaluations);
        Assert.False(result.Succeeded);
    }

    [Fact]
    public void A_usable_value_beats_an_unusable_one_at_zero()
    {
        var result = Search.Minimize(Cobyla(), w => w[0] == 0 ? double.NaN : w[0], cancellationToken: Token);

        Assert.True(result.Succeeded);
        Assert.NotEqual(0, result.Recommendation.Weights[0]);
        Assert.Equal(result.Recommendation.Weights[0], result.Recommendation.Value);
        Assert.Equal(double.NaN, result.ZeroValue);
    }

    [Fact]
    public void A_recommendation_worse_than_zero_is_replaced_by_zero()
    {
        var optimizer = new ListedPoints([0, 0], [1, 1]) { Recommended = 1 };

        var result = Search.Minimize(optimizer, w => w[0] + 3, cancellationToken: Token);

        Assert.Equal([0.0, 0.0], result.Recommendation.Weights);
        Assert.Equal(3, result.Recommendation.Value);
        Assert.Equal(0, result.Recommendation.Index);
    }

    [Fact]
    public void A_recommendation_as_good_as_zero_is_kept()
    {
        var result = Search.Minimize(new ListedPoints([0, 0], [1, 1]) { Recommended = 1 }, _ => 3, cancellationToken: Token);

        Assert.Equal(1, result.Recommendation.Index);
    }

    [Fact]
    public void An_optimizer_that_does_not_start_at_zero_is_refused() =>
        Assert.Throws<InvalidOperationException>(() => Search.Minimize(new ListedPoints([0, 0.5]), w => w[0], cancellationToken: Token));

    [Fact]
    public void Cancelling_stops_before_the_next_evaluation()
    {
        using var source = new CancellationTokenSource();
        var evaluations = 0;

        double Objective(double[] weights)
        {
            if (++evaluations == 5)
            {
                source.Cancel();
            }

            return weights[0];
        }

        Assert.Throws<OperationCanceledException>(() => Search.Minimize(Cobyla(), Objective, cancellationToken: source.Token));
        Assert.Equal(5, evaluations);
    }

    [Fact]
    public void Cancelled_from_the_start_it_evaluates_nothing()
    {
        var evaluations = 0;

        Assert.Throws<OperationCanceledException>(() => Search.Minimize(Cobyla(), _ => ++evaluations,
            cancellationToken: new CancellationToken(true)));
        Assert.Equal(0, evaluations);
    }

    [Fact]
    public void Cancelled_after_the_last_evaluation_the_result_stands()
    {
        using var source = new CancellationTokenSource();

        var result = Search.Minimize(Cobyla(budget: 10), w => w[0], Observe, source.Token);

        Assert.Equal(10, result.Evaluations);

        void Observe(Evaluation evaluation)
        {
            if (evaluation.Index == 9)
            {
                source.Cancel();
            }
        }
    }

    [Fact]
    public void Every_evaluation_is_reported_in_order_with_the_best_so_far()
    {
        var values = new Queue<double>([double.NaN, 4, double.PositiveInfinity, 5, 2, 2, 3, double.NaN, 1, 7]);
        var seen = new List<Evaluation>();

        Search.Minimize(Cobyla(budget: 10), _ => values.Dequeue(), seen.Add, Token);

        Assert.Equal(Enumerable.Range(0, 10), seen.Select(evaluation => evaluation.Index));
        Assert.Equal([double.NaN, 4, double.PositiveInfinity, 5, 2, 2, 3, double.NaN, 1, 7], seen.Select(evaluation => evaluation.Value));
        Assert.Equal([double.NaN, 4, 4, 4, 2, 2, 2, 2, 1, 1], seen.Select(evaluation => evaluation.Best));
    }

    [Fact]
    public void An_exception_from_the_objective_reaches_the_caller() =>
        Assert.Throws<TimeoutException>(() => Search.Minimize(Cobyla(), double (double[] _) => throw new TimeoutException(),
            cancellationToken: Token));

    [Theory]
    [MemberData(nameof(OptimizerContractTests.Names), MemberType = typeof(OptimizerContractTests))]
    public void Points_that_do_not_depend_on_each_other_are_evaluated_together_with_the_same_result(string name)
    {
        var (onlyOne, together) = (new List<Evaluation>(), new List<Evaluation>());
        var batches = new List<IReadOnlyList<double[]>>();
        var fresh = Create(name);
        fresh.Ask();

        var expected = Search.Minimize(Create(name), Quadratic, onlyOne.Add, Token);
        var result = Search.Minimize(Create(name), Record, together.Add, Token);

        Assert.Equivalent(expected, result, strict: true);
        Assert.Equal(onlyOne.Select(Text), together.Select(Text));
        Assert.Equal(together.Select(evaluation => evaluation.Weights), batches.SelectMany(batch => batch)); // each once, and in order
        Assert.Equal(fresh.Ahead.Count + 1, batches[0].Count);

        IReadOnlyList<double> Record(IReadOnlyList<double[]> points)
        {
            batches.Add([.. points.Select(point => point.ToArray())]);
            return [.. points.Select(Quadratic)];
        }

        static IOptimizer Create(string name) => Optimizers.Create(name, new OptimizerSettings(10, 40));
        static double Quadratic(double[] w) => w.Index().Sum(x => (x.Index + 1) * (x.Item - (0.1 * x.Index)) * (x.Item - (0.1 * x.Index)));
        static string Text(Evaluation evaluation) =>
            $"{evaluation.Index} {evaluation.Value:R} {evaluation.Best:R} {string.Join(' ', evaluation.Weights)}";
    }

    [Theory]
    [InlineData("probe_cobyla")]
    [InlineData("probe_cobyla_wide")]
    public void All_modules_alone_are_one_batch(string name)
    {
        var batches = new List<int>();

        Search.Minimize(Optimizers.Create(name, new OptimizerSettings(10, 40)), Counted, cancellationToken: Token);

        Assert.Equal(11, batches[0]);
        Assert.All(batches.Skip(1), size => Assert.Equal(1, size));

        IReadOnlyList<double> Counted(IReadOnlyList<double[]> points)
        {
            batches.Add(points.Count);
            return [.. points.Select(w => w.Sum(x => (x - 0.4) * (x - 0.4)))];
        }
    }

    [Theory]
    [MemberData(nameof(OptimizerContractTests.Names), MemberType = typeof(OptimizerContractTests))]
    public void Zero_is_recommended_where_every_module_harms(string name)
    {
        var result = Search.Minimize(Optimizers.Create(name, new OptimizerSettings(10, 40)), w => 2 + w.Sum(Math.Abs), cancellationToken: Token);

        Assert.All(result.Recommendation.Weights, weight => Assert.Equal(0, weight));
        Assert.Equal((2, 2, 0), (result.ZeroValue, result.Recommendation.Value, result.Recommendation.Index));
    }

    static IOptimizer Cobyla(int budget = 40) => Optimizers.Create("cobyla", new OptimizerSettings(2, budget));

    sealed class ListedPoints(params double[][] points) : IOptimizer
    {
        readonly List<double> _values = [];

        public int Recommended { get; init; }

        public double[]? Ask() => points.ElementAtOrDefault(_values.Count);

        public void Tell(double value) => _values.Add(value);

        public Recommendation Recommend() => new(points[Recommended], _values[Recommended], Recommended);
    }
}
