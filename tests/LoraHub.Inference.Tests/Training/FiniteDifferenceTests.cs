using LoraHub.Inference.Gradients;
using LoraHub.Inference.T5;

using static TorchSharp.torch;

namespace LoraHub.Inference.Tests.Training;

/// <summary>Gradients against differences of losses, on models of random sizes.</summary>
public sealed class FiniteDifferenceTests
{
    // In double, but a norm's variance and softmax are fp32 in every model: their rounding, 1e-7, is divided by the distance.
    const double Tolerance = 1e-2;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)] // targets so short that attention to the input is absorbed
    [InlineData(7)]
    public void A_step_along_a_direction_changes_the_loss_as_the_gradient_says(int seed)
    {
        using var scope = NewDisposeScope();
        using var folder = RandomShape.Make(seed);
        using var model = T5Model.Load(folder.Path, CPU, _ => ScalarType.Float64);
        using var factors = RandomFactors(model, seed);
        var random = new Random(seed);
        using var inputs = TokenRows.Of([Row(random, 7), Row(random, 3), Row(random, 1)], CPU);
        using var answers = new TeacherForcing(model, [Row(random, seed < 6 ? 2 : 1), Row(random, seed < 6 ? 5 : 1), Row(random, 1)]);
        var dropout = seed < 3 ? null : new DropoutMasks(seed, 0.3, step: 1, first: 0);

        using var gradients = new GradientT5(model, factors, keepsTransposes: true);
        gradients.Backward(inputs, answers, 1, dropout, recompute: seed % 2 == 1);
        using var generator = new Generator((ulong)seed);
        var gradient = factors.Gradient.clone();
        var direction = randn(gradient.shape, dtype: ScalarType.Float64, generator: generator);
        direction = direction.div(direction.norm()).add(gradient.div(gradient.norm())); // random, and steep enough to measure
        var expected = gradient.dot(direction).item<double>();

        var distance = Math.Min(3e-4, 0.01 / Math.Abs(expected));
        var difference = (LossAt(distance) - LossAt(-distance)) / (2 * distance);
        Assert.Equal(expected, difference, Tolerance * Math.Max(1, Math.Abs(expected)));

        double LossAt(double at)
        {
            factors.Trained.add_(direction, alpha: at);
            var loss = gradients.Backward(inputs, answers, 1, dropout);
            factors.Trained.add_(direction, alpha: -at);
            return loss;
        }
    }

    internal static LoraFactors RandomFactors(T5Model model, int seed, double noise = 0.2)
    {
        var settings = TuningCase.Settings with
        {
            Rank = 2,
            TargetModules = model.Config.IsGated ? ["q", "k", "v", "o", "wi_0", "wi_1", "wo"] : ["q", "v", "wi", "wo"],
        };
        var factors = TuningStart.New(model, settings, seed);
        using var generator = new Generator((ulong)seed);
        using var added = randn(factors.Numbers.shape, dtype: factors.Numbers.dtype, generator: generator).mul_(noise);
        factors.Numbers.add_(added);
        return factors;
    }

    internal static int[] Row(Random random, int length) => [.. Enumerable.Range(0, length - 1).Select(_ => random.Next(2, 31)).Append(1)];
}
