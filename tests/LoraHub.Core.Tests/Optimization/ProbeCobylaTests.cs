using LoraHub.Core.Optimization;

namespace LoraHub.Core.Tests.Optimization;

public sealed class ProbeCobylaTests
{
    [Theory]
    [InlineData("probe_cobyla", 6)]
    [InlineData("probe_cobyla_wide", 6)]
    public void Every_module_is_tried_alone_and_the_best_few_are_refined_from_the_best(string name, int refined)
    {
        static double Loss(double[] w) => w.Index().Sum(x => (x.Item - (x.Index / 10.0)) * (x.Item - (x.Index / 10.0))); // the last modules help most

        var points = OptimizerContractTests.Trace(Create(name, dimension: 12, budget: 60), Loss);

        Assert.All(points[1..13].Index(), point => Assert.Equal([point.Index], Used(point.Item)));
        Assert.All(points[1..13], point => Assert.Equal(1, point.Max()));
        Assert.Equal(Enumerable.Range(12 - refined, refined), points[13..].SelectMany(Used).Distinct().Order());
        Assert.True(points.Min(Loss) < points[..13].Min(Loss));

        static IEnumerable<int> Used(double[] point) => point.Index().Where(x => x.Item != 0).Select(x => x.Index);
    }

    [Theory]
    [InlineData("probe_cobyla")]
    [InlineData("probe_cobyla_wide")]
    public void Without_improvement_it_ends_before_its_budget(string name)
    {
        Assert.InRange(OptimizerContractTests.Trace(Create(name, dimension: 3, budget: 100), w => w.Sum(Math.Abs)).Count, 4, 99);
    }

    [Fact]
    public void Changing_the_announced_points_does_not_affect_it()
    {
        var optimizer = Create(Optimizers.ProbeCobyla);
        optimizer.Ask();

        Assert.All(optimizer.Ahead, point => Array.Fill(point, double.NaN));

        Assert.All(optimizer.Ahead.SelectMany(point => point), weight => Assert.InRange(weight, 0, 1));
    }

    static IOptimizer Create(string name, int dimension = 3, int budget = 20) => Optimizers.Create(name, new OptimizerSettings(dimension, budget));
}
