using LoraHub.Inference.Checkpoints;

using static TorchSharp.torch;

namespace LoraHub.Inference.Tests;

/// <summary>Comparing tensors with the golden ones.</summary>
static class GoldenTensors
{
    /// <summary>Opens a safetensors file of the golden folder.</summary>
    public static TensorReader Open(string relative) => TensorReader.Open(Golden.Path(relative));

    /// <summary>The largest absolute difference.</summary>
    public static double Distance(Tensor expected, Tensor actual)
    {
        Assert.Equal(expected.shape, actual.shape);
        using var scope = NewDisposeScope();
        return expected.cpu().to(ScalarType.Float64).sub(actual.cpu().to(ScalarType.Float64)).abs().max().item<double>();
    }

    public static void AssertClose(Tensor expected, Tensor actual, double tolerance, string what)
    {
        var distance = Distance(expected, actual);
        Assert.True(distance <= tolerance, $"{what}: {distance:R} is more than {tolerance:R}.");
    }

    public static void AssertClose(double expected, double actual, double tolerance, string what) =>
        Assert.True(Math.Abs(expected - actual) <= tolerance, $"{what}: {actual:R} is not within {tolerance:R} of {expected:R}.");
}
