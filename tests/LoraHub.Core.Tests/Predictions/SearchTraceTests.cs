using System.Text;
using System.Text.Json;
using LoraHub.Core.Optimization;
using LoraHub.Core.Predictions;

namespace LoraHub.Core.Tests.Predictions;

public sealed class SearchTraceTests
{
    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void A_loss_that_is_not_finite_is_null(double value)
    {
        var text = Text(new Evaluation(0, [0], value, double.NaN));

        Assert.Null(Read(text).Steps[0].Loss);
        Assert.Contains("\"loss\":null", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.1 + 0.2)]
    [InlineData(-1.4999999999999998)]
    [InlineData(5e-324)]
    [InlineData(double.MaxValue)]
    [InlineData(6.0221407599999999e23)]
    public void Numbers_are_read_back_as_they_were(double value)
    {
        var step = Read(Text(new Evaluation(3, [value, 0, -value], value, value))).Steps[0];

        Assert.Equal(3, step.Index);
        Assert.Equal(TraceKinds.Search, step.Kind);
        Assert.Equal([value, 0, -value], step.Weights);
        Assert.Equal(value, step.Loss);
        Assert.Equal(1.234568, step.Seconds);
    }

    [Fact]
    public void A_step_is_one_line_with_its_own_copy_of_the_weights()
    {
        double[] weights = [0.5];
        var trace = Trace(Step(new Evaluation(0, [0], 1, 1)), Step(new Evaluation(1, weights, 0.5, 0.5)));
        weights[0] = 7;

        var lines = Text(trace).Split('\n');

        Assert.Equal("    {\"index\":0,\"kind\":\"search\",\"weights\":[0],\"loss\":1,\"seconds\":1.234568},", lines[^5]);
        Assert.Equal("    {\"index\":1,\"kind\":\"search\",\"weights\":[0.5],\"loss\":0.5,\"seconds\":1.234568}", lines[^4]);
        Assert.Equal(["  ]", "}", ""], lines[^3..]);
    }

    static TraceStep Step(Evaluation evaluation) => TraceStep.Of(evaluation, TimeSpan.FromSeconds(1.2345678));

    static string Text(Evaluation evaluation) => Text(Trace(Step(evaluation)));

    static SearchTrace Trace(params TraceStep[] steps) => new()
    {
        BaseModel = "a/base",
        Seed = 42,
        Budget = 40,
        Composition = "factors",
        Objective = "reference",
        Optimizer = "cobyla",
        Modules = [new TracedModule("a/b", new string('1', 64))],
        Steps = steps,
    };

    static string Text(SearchTrace trace)
    {
        using var stream = new MemoryStream();
        trace.Write(stream);
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    static SearchTrace Read(string text) => JsonSerializer.Deserialize<SearchTrace>(text)!;
}
