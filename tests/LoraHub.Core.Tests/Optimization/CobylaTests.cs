using LoraHub.Core.Optimization;

namespace LoraHub.Core.Tests.Optimization;

public sealed class CobylaTests
{
    [Fact]
    public void The_first_probes_keep_what_improved()
    {
        // Module 0 and 2 help, module 1 does not.
        var points = Trace(new OptimizerSettings(3, 4), w => w[1] - w[0] - w[2]);

        Assert.Equal([[0, 0, 0], [0.5, 0, 0], [0.5, 0.5, 0], [0.5, 0, 0.5]], points);
    }

    [Fact]
    public void A_budget_below_the_first_simplex_makes_only_its_first_probes()
    {
        var points = Trace(new OptimizerSettings(100, 10), w => w.Sum());

        Assert.All(points.Skip(1), (point, i) => Assert.Equal(i, Array.IndexOf(point, 0.5)));
        Assert.Equal(10, points.Count);
    }

    [Fact]
    public void A_point_outside_the_box_is_reflected_at_its_side()
    {
        // Straight down along the only axis: 0, 0.5 (worse), −0.5, −1, −1.5, then −2 comes back as −1.
        var points = Trace(new OptimizerSettings(1, 6), w => w[0]);

        Assert.Equal([0, 0.5, -0.5, -1, -1.5, -1], points.Select(point => point[0]));
    }

    [Fact]
    public void A_bowl_is_found_closely()
    {
        double[] center = [0.7, -0.4, 0.2];

        var result = Search.Minimize(
            new Cobyla(new OptimizerSettings(3, 100)), w => w.Zip(center, (x, c) => (x - c) * (x - c)).Sum(),
            cancellationToken: TestContext.Current.CancellationToken);

        Assert.True(result.Recommendation.Value < 1e-4, $"{result.Recommendation.Value}");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void It_continues_after_the_radius_has_vanished(int dimension)
    {
        // Halving from 1 reaches zero after 1,075 steps; a flat function causes only halvings.
        var points = Trace(new OptimizerSettings(dimension, 6000), _ => 1);

        Assert.Equal(6000, points.Count);
        Assert.All(points.SelectMany(point => point), weight => Assert.InRange(weight, -1.5, 1.5));
    }

    [Fact]
    public void A_restart_starts_from_the_best_point()
    {
        var points = Trace(new OptimizerSettings(2, 400), w => Math.Floor(3 * Math.Abs(w[0] - 0.9)) + Math.Abs(w[1]));

        var again = points.Skip(1).Count(point => points.IndexOf(point) > points.FindIndex(other => other.SequenceEqual(point)));
        Assert.True(again > 0);
    }

    static List<double[]> Trace(OptimizerSettings settings, Func<double[], double> objective)
    {
        var points = new List<double[]>();
        Search.Minimize(new Cobyla(settings), objective, evaluation => points.Add(evaluation.Weights), TestContext.Current.CancellationToken);
        return points;
    }
}
