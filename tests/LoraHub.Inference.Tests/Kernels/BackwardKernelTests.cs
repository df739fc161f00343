using LoraHub.Inference.Kernels;

using static TorchSharp.torch;

namespace LoraHub.Inference.Tests.Kernels;

/// <summary>The kernels' gradients against libtorch's of the same operations in double.</summary>
public sealed class BackwardKernelTests
{
    public static TheoryData<ScalarType, double> Types { get; } = new() { { ScalarType.Float32, 1e-5 }, { ScalarType.BFloat16, 2e-2 } };

    [Theory]
    [MemberData(nameof(Types))]
    public void Gated_gelu(ScalarType type, double tolerance)
    {
        using var scope = NewDisposeScope();
        var (both, gradient) = (Random(1, type, 37, 96).mul_(3), Random(2, type, 37, 48));
        both[0, 0] = 200; // the limits of e^x
        both[0, 1] = -200;

        AssertClose(Expected(both, gradient, GatedGelu.Plain), GatedGelu.Backward(both, gradient), tolerance);
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Norm(ScalarType type, double tolerance)
    {
        using var scope = NewDisposeScope();
        var (stream, weight, gradient) = (Random(1, ScalarType.Float32, 37, 48), Random(2, ScalarType.Float32, 48), Random(3, type, 37, 48));
        var exact = weight.to(ScalarType.Float64);

        AssertClose(
            Expected(stream, gradient, x => ResidualNorm.Plain(x, null, exact, 1e-6, ScalarType.Float64)),
            ResidualNorm.Backward(stream, weight, 1e-6, gradient), tolerance);
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Masked_softmax(ScalarType type, double tolerance)
    {
        using var scope = NewDisposeScope();
        var (scores, gradient) = (Random(1, type, 2, 3, 21, 21), Random(2, type, 2, 3, 21, 21));
        var (positions, mask) = (Random(3, ScalarType.Float32, 3, 21, 21), zeros(2, 21));
        mask[1, 17] = float.MinValue;
        var (own, exact) = (
            new AttentionBias(positions, mask, IsCausal: true),
            new AttentionBias(positions.to(ScalarType.Float64), mask.to(ScalarType.Float64), IsCausal: true));

        AssertClose(
            Expected(scores, gradient, x => MaskedSoftmax.Plain(x, exact)),
            MaskedSoftmax.Backward(MaskedSoftmax.Of(scores.clone(), own), gradient), tolerance);
    }

    static Tensor Expected(Tensor x, Tensor gradient, Func<Tensor, Tensor> compute)
    {
        var leaf = x.to(ScalarType.Float64, copy: true).requires_grad_(true);
        compute(leaf).backward([gradient.to(ScalarType.Float64)]);
        return leaf.grad!;
    }

    static void AssertClose(Tensor expected, Tensor actual, double tolerance)
    {
        Assert.Equal(expected.shape, actual.shape);
        var difference = expected.sub(actual.to(ScalarType.Float64)).abs().max().item<double>();
        Assert.True(difference <= tolerance * expected.abs().max().item<double>(), $"{difference}");
    }

    static Tensor Random(int seed, ScalarType type, params long[] shape)
    {
        using var generator = new Generator((ulong)seed);
        return randn(shape, dtype: ScalarType.Float32, generator: generator).to(type);
    }
}
