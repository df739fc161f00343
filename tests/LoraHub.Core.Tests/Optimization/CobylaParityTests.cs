using System.Text.Json;
using LoraHub.Core.Optimization;

namespace LoraHub.Core.Tests.Optimization;

/// <summary>Bit-for-bit equality with nevergrad's NGOpt over SciPy's COBYLA, without tolerance.</summary>
public sealed class CobylaParityTests
{
    public static TheoryData<string> SearchRuns => new(GoldenRuns.Search.Keys);

    public static TheoryData<string> ModelRuns => new(GoldenRuns.Models.Keys);

    [Theory]
    [MemberData(nameof(SearchRuns))]
    public void Every_point_and_the_recommendation_are_those_of_the_reference(string id)
    {
        var run = GoldenRuns.Search[id];
        var seen = new List<Evaluation>();

        var result = Search.Minimize(Create(run.N, run.Budget), run.Objective.Evaluate, seen.Add, TestContext.Current.CancellationToken);

        AssertSame(run.Weights, seen.Select(evaluation => evaluation.Weights));
        Assert.Equal(run.Values, seen.Select(evaluation => evaluation.Value));
        Assert.Equal(run.Recommendation, result.Recommendation.Weights);
        Assert.Equal(run.RecommendedIndex, result.Recommendation.Index);
        Assert.Equal(run.Values[run.RecommendedIndex], result.Recommendation.Value);
    }

    [Theory]
    [MemberData(nameof(ModelRuns))]
    public void The_scores_of_a_recorded_run_give_the_same_weights(string name)
    {
        var run = GoldenRuns.Models[name];
        var optimizer = Create(run.N, run.Budget);
        var asked = new List<double[]>();

        foreach (var score in run.Scores)
        {
            asked.Add(optimizer.Ask()!);
            optimizer.Tell(score);
        }

        AssertSame(run.Weights, asked);
        Assert.Null(optimizer.Ask());
        Assert.Equal(run.Recommendation, optimizer.Recommend().Weights);
        Assert.Equal(run.RecommendedIndex, optimizer.Recommend().Index);
    }

    [Fact]
    public void All_recorded_runs_are_there()
    {
        Assert.Equal(102, GoldenRuns.Search.Count);
        Assert.Equal(12, GoldenRuns.Models.Count);
    }

    [Fact]
    public void The_reference_chooses_cobyla_for_every_size_and_budget_and_so_do_we()
    {
        using var choices = JsonDocument.Parse(File.ReadAllBytes(GoldenRuns.PathOf("search", "ngopt_choice.json")));

        var choice = Assert.Single(choices.RootElement.EnumerateObject());

        Assert.Equal(Optimizers.Default, choice.Name, ignoreCase: true);
        foreach (var size in choice.Value.GetProperty("examples").EnumerateArray())
        {
            Assert.IsType<Cobyla>(Create(size[0].GetInt32(), size[1].GetInt32()));
        }
    }

    static IOptimizer Create(int dimension, int budget) => Optimizers.Create(Optimizers.Default, new OptimizerSettings(dimension, budget));

    static void AssertSame(double[][] expected, IEnumerable<double[]> actual)
    {
        var points = actual.ToArray();
        Assert.Equal(expected.Length, points.Length);
        Assert.All(points,
            (point, i) => Assert.Equal(expected[i].Select(BitConverter.DoubleToInt64Bits), point.Select(BitConverter.DoubleToInt64Bits)));
    }
}
