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
    public void Nothing_worse_than_zero_is_recommended_whatever_the_optimizer_says()
    {
        var optimizer = new ListedPoints([0, 0], [1, 1]) { Recommended = 1 };

        var result = Search.Minimize(optimizer, w => w[0] + 3, cancellationToken: Token);

        Assert.Equal([0.0, 0.0], result.Recommendation.Weights);
        Assert.Equal(3, result.Recommendation.Value);
        Assert.Equal(0, result.Recommendation.Index);
    }

    [Fact]
    public void As_good_as_zero_stays_as_the_optimizer_says()
    {
        var result = Search.Minimize(new ListedPoints([0, 0], [1, 1]) { Recommended = 1 }, _ => 3, cancellationToken: Token);

        Assert.Equal(1, result.Recommendation.Index);
    }

    [Fact]
    public void An_optimizer_that_does_not_begin_at_zero_is_refused() =>
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

        Assert.Throws<OperationCanceledException>(() => Search.Minimize(Cobyla(), _ => ++evaluations, cancellationToken: new CancellationToken(true)));
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
    public void What_the_objective_throws_reaches_the_caller() =>
        Assert.Throws<TimeoutException>(() => Search.Minimize(Cobyla(), _ => throw new TimeoutException(), cancellationToken: Token));

    static IOptimizer Cobyla(int budget = 40) => Optimizers.Create("cobyla", new OptimizerSettings(2, budget));

    sealed class ListedPoints(params double[][] points) : IOptimizer
    {
        readonly List<double> values = [];

        public int Recommended { get; init; }

        public double[]? Ask() => points.ElementAtOrDefault(values.Count);

        public void Tell(double value) => values.Add(value);

        public Recommendation Recommend() => new(points[Recommended], values[Recommended], Recommended);
    }
}
