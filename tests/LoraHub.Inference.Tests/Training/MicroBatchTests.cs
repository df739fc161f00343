using LoraHub.Inference.Gradients;
using LoraHub.Inference.Models;
using LoraHub.Inference.Tokenization;
using LoraHub.Inference.Training;

using static TorchSharp.torch;

namespace LoraHub.Inference.Tests.Training;

/// <summary>A step's gradient does not depend on how the step is divided.</summary>
public sealed class MicroBatchTests : IDisposable
{
    const string Id = "lorahub/t5-mini";

    readonly TuningCase _tuning = new();
    readonly BaseModel _model = new(Id, TestModels.Mini(ScalarType.Float64), T5Tokenizer.Load(Golden.Model(Id)));

    public void Dispose()
    {
        _model.Dispose();
        _tuning.Dispose();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.3)]
    public void Micro_batches_and_recomputed_layers_have_the_gradient_of_one_batch(double dropout)
    {
        using var scope = NewDisposeScope();
        var (whole, wholeLoss) = Gradient(dropout, limit: long.MaxValue);

        // In the first, some micro-batches have several rows; in the second, every row is over the limit by itself.
        foreach (var limit in (long[])[80_000_000, 1])
        {
            var (parts, loss) = Gradient(dropout, limit);

            Assert.Equal(wholeLoss, loss, 1e-5);
            GradientTests.AssertRelative(whole, parts, 5e-4); // softmax and norms are in fp32 also in double
        }
    }

    [Fact]
    public void Dropout_is_the_same_in_every_run_and_different_in_every_step()
    {
        using var scope = NewDisposeScope();
        var (first, _) = Gradient(0.3, long.MaxValue);
        var (again, _) = Gradient(0.3, long.MaxValue);
        var (without, _) = Gradient(0, long.MaxValue);
        using var rows = LoraHub.Inference.T5.TokenRows.Of([[1, 2, 3], [4]], CPU);
        var x = ones([4, 100]);

        Assert.True(first.Equals(again));
        Assert.False(first.Equals(without));
        Assert.False(Mask(1, "q").Equals(Mask(2, "q")));
        Assert.False(Mask(1, "q").Equals(Mask(1, "v")));
        Assert.Equal([0f, 1 / 0.7f], Mask(1, "q").flatten().data<float>().ToArray().Distinct().Order());

        Tensor Mask(int step, string layer) => new DropoutMasks(5, 0.3, step, 0).Of(layer, x, rows);
    }

    [Fact]
    public void The_estimate_of_memory_grows_with_rows_and_tokens_and_bounds_every_micro_batch()
    {
        using var factors = FiniteDifferenceTests.RandomFactors(_model.Model, 1);
        var memory = new StepMemory(_model.Model, factors, hasDropout: false, limit: 110_000_000);
        var random = new Random(3);
        TuningExample[] rows =
            [.. Enumerable.Range(0, 40).Select(_ => new TuningExample(new int[random.Next(1, 200)], new int[random.Next(1, 20)], false))];

        var parts = memory.Split(rows).ToArray();

        Assert.Equal(rows, parts.SelectMany(part => rows[part.Rows]));
        Assert.InRange(parts.Length, 2, rows.Length);
        Assert.All(parts, part => Assert.Equal(part.Recompute, Kept(rows[part.Rows]) > 110_000_000));
        Assert.True(memory.Recomputed(1, 4096, 4096) < memory.Kept(1, 4096, 4096));

        long Kept(TuningExample[] some) => memory.Kept(some.Length, some.Max(row => row.Input.Length), some.Max(row => row.Labels.Length));
    }

    (Tensor Gradient, double Loss) Gradient(double dropout, long limit)
    {
        var settings = TuningCase.Settings with { Dropout = dropout, BatchSize = 8, Validation = 0 };
        var plan = TuningCase.Plan(settings);
        using var factors = FiniteDifferenceTests.RandomFactors(_model.Model, 1, noise: 0.02);
        using var data = new TuningData(_tuning.Folder(), plan, _model);
        using var state = new TuningState(factors, settings, "");
        using var steps = new TuningSteps(new LoadedTuning(plan, _model, factors, null), data, settings.BatchSize, limit);
        var loss = steps.Backward(state, TestContext.Current.CancellationToken);
        return (factors.Gradient.clone(), loss);
    }
}
