using LoraHub.Inference.Kernels;

using static TorchSharp.torch;

namespace LoraHub.Inference.Tests.Kernels;

/// <summary>Compares the products of a few rows with libtorch's, on random shapes.</summary>
public sealed class AnswerKernelTests
{
    public static TheoryData<ScalarType> Types => KernelTests.Types;

    [Fact]
    public void A_packed_matrix_is_multiplied_where_it_lies() => KernelTests.Repeat(random =>
    {
        Assert.SkipWhen(PackedLayout.Here is null, "libtorch does not pack matrices here, or in another way.");
        var (rows, input, output) = (random.Next(1, 17), random.Next(1, 300), 64 * random.Next(1, 12));
        var (x, weight) = (randn(rows, input), randn(output, input));
        var packed = LibTorch.Pack(weight);
        var matrix = PackedMatrix.Of(packed, output, input);

        Assert.NotNull(matrix);
        Assert.True(PackedProduct.CanProcess(x));
        var product = PackedProduct.Forward(x, matrix);

        KernelTests.AssertClose(nn.functional.linear(x, weight), product, ScalarType.Float32, input, $"{rows} × {input} → {output}");
        Assert.True(PackedProduct.Forward(x.narrow(0, 0, 1), matrix)[0].eq(product[0]).all().item<bool>()); // whatever the other rows
        GC.KeepAlive(packed);
    });

    [Fact]
    public void A_rounded_matrix_is_at_most_half_a_unit_away() => KernelTests.Repeat(random =>
    {
        var (input, output) = (random.Next(1, 300), random.Next(1, 200));
        var weight = randn(output, input);
        weight[random.Next(output)].zero_();

        var rounded = RoundedMatrix.Of(weight);

        var error = rounded.Unrounded(input).sub(weight).abs();
        Assert.True(error.le(rounded.Scales.narrow(0, 0, output).unsqueeze(1).mul(0.5001)).all().item<bool>());
        Assert.True(rounded.Scales.narrow(0, 0, output).mul(127).sub(weight.abs().amax([1])).abs().le(1e-5).all().item<bool>());
        Assert.Equal(RoundedMatrix.Bytes(output, input), rounded.Numbers.numel() + (4 * (rounded.Scales.numel() + rounded.Sums.numel())));
    });

    [Fact]
    public void The_rest_is_rounded_as_well() => KernelTests.Repeat(random =>
    {
        var (input, output) = (random.Next(1, 300), random.Next(1, 200));
        var weight = randn(output, input);

        var first = RoundedMatrix.Of(weight);
        var rest = RoundedMatrix.Of(weight, first);

        var error = first.Unrounded(input).add(rest.Unrounded(input)).sub(weight).abs();
        Assert.True(error.le(rest.Scales.narrow(0, 0, output).unsqueeze(1).mul(0.51)).all().item<bool>());
        Assert.True(rest.Scales.le(first.Scales.div(2 * 126)).all().item<bool>());
    });

    [Theory]
    [MemberData(nameof(Types))]
    public void A_product_with_a_rounded_matrix_is_that_with_what_it_stands_for(ScalarType type) => KernelTests.Repeat(random =>
    {
        Assert.SkipUnless(RoundedProduct.IsAvailable, "the processor lacks AVX2.");
        var (rows, input, output) = (random.Next(1, 80), random.Next(1, 3_000), random.Next(1, 200));
        var (x, matrix) = (randn(rows, input).to(type), RoundedMatrix.Of(randn(output, input)));
        var expected = RoundedProduct.Plain(x.to(ScalarType.Float32), matrix);

        var product = RoundedProduct.Forward(x, matrix);

        // x is rounded to 14 bits: half a unit of its largest number, times a row's length.
        var half = x.to(ScalarType.Float32).abs().amax([1], keepdim: true).div(2 * 8_191);
        var allowed = half.mul(matrix.Unrounded(input).norm(dim: 1).mul(5)).add(expected.abs().mul(type == ScalarType.BFloat16 ? 0.005 : 1e-5));
        Assert.True(product.to(ScalarType.Float32).sub(expected).abs().le(allowed.add(1e-6)).all().item<bool>(), $"{rows} × {input} → {output}");
        Assert.True(RoundedProduct.Forward(x.narrow(0, rows - 1, 1), matrix)[0].eq(product[rows - 1]).all().item<bool>());
    });

    [Fact]
    public void A_number_that_is_not_finite_is_not_hidden()
    {
        Assert.SkipUnless(RoundedProduct.IsAvailable, "the processor lacks AVX2.");
        using var scope = NewDisposeScope();
        var (x, matrix) = (randn(2, 40), RoundedMatrix.Of(randn(30, 40)));
        x[0, 3] = float.NaN;

        var product = RoundedProduct.Forward(x, matrix);

        Assert.True(product[0].isnan().all().item<bool>());
        Assert.True(product[1].isfinite().all().item<bool>());
    }
}
