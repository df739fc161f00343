using System.Runtime.Intrinsics.X86;

using LoraHub.Inference.Kernels;

using static TorchSharp.torch;

namespace LoraHub.Inference.Tests.Kernels;

/// <summary>Compares every fast path with its plain implementation, on random shapes.</summary>
public sealed class KernelTests
{
    const int Cases = 40;

    // For a bf16 result: at most one unit in the last place, from a different order of rounding.
    const double Bf16Tolerance = 1.0 / 128;

    // libtorch's condition for packing bf16.
    static readonly bool HasHalves = Avx512BW.VL.IsSupported && Avx512DQ.VL.IsSupported;

    public static TheoryData<ScalarType> Types => [ScalarType.Float32, ScalarType.BFloat16];

    public static TheoryData<ScalarType> PackedTypes => HasHalves ? Types : [ScalarType.Float32];

    [Fact]
    public void The_fast_paths_are_available_on_this_machine()
    {
        Assert.True(LibTorch.CanPack(ScalarType.Float32, 64));
        Assert.Equal(HasHalves, LibTorch.CanPack(ScalarType.BFloat16, 1));
        Assert.True(LibTorch.CanPoint);
        Assert.NotEqual(0, LibTorch.Export("GOMP_parallel"));
    }

    [Theory]
    [MemberData(nameof(PackedTypes))]
    public void A_packed_matrix_multiplies_as_a_plain_one(ScalarType type) => Repeat(random =>
    {
        var (n, output, input) = (random.Next(1, 200), type == ScalarType.Float32 ? 64 * random.Next(1, 10) : random.Next(1, 300),
            random.Next(1, 300));
        var (x, weight) = (randn(n, input).to(type), randn(output, input).to(type));

        Assert.True(LibTorch.CanPack(type, output));
        AssertClose(nn.functional.linear(x, weight), LibTorch.Linear(x, LibTorch.Pack(weight)), type, input, $"{n} × {output} × {input}");
    });

    [Theory]
    [MemberData(nameof(Types))]
    public void Gelu_and_gate_in_one_pass(ScalarType type) => Repeat(random =>
    {
        var both = randn(random.Next(1, 50), 2 * 16 * random.Next(1, 20)).mul_(4).to(type);

        AssertClose(GatedGelu.Plain(both.to(ScalarType.Float32)), GatedGelu.Forward(both), type, 64, $"{both}");
    });

    [Theory]
    [MemberData(nameof(Types))]
    public void Shares_of_attention_in_one_pass_and_in_place(ScalarType type) => Repeat(random =>
    {
        var (rows, heads, queries, keys) = (random.Next(1, 4), random.Next(1, 5), random.Next(1, 70), random.Next(1, 70));
        var isCausal = queries <= keys && random.Next(2) == 0;
        var scores = randn(rows, heads, queries, keys).mul_(8).to(type);
        var bias = random.Next(2) == 0 ? null : randn(heads, queries, keys);
        var mask = random.Next(2) == 0 ? null : rand(rows, keys).le(0.3).to(ScalarType.Float32).mul_(float.MinValue);
        mask?.narrow(1, 0, 1).zero_(); // one key counts
        var terms = new AttentionBias(bias, mask, isCausal);
        var expected = MaskedSoftmax.Plain(scores.to(ScalarType.Float32), terms);

        AssertClose(expected, MaskedSoftmax.Of(scores, terms), type, 1, $"{rows}, {heads}, {queries}, {keys}, causal {isCausal}");
    });

    [Theory]
    [MemberData(nameof(Types))]
    public void Residual_and_norm_in_one_pass(ScalarType type) => Repeat(random =>
    {
        var (n, size) = (random.Next(1, 60), 16 * random.Next(1, 20));
        var (stream, output, weight) = (randn(n, size), random.Next(4) == 0 ? null : randn(n, size).to(type), rand(size));
        var plainStream = stream.clone();
        var result = random.Next(2) == 0 ? type : ScalarType.Float32;

        var expected = ResidualNorm.Plain(plainStream, output, weight, 1e-6, ScalarType.Float32);
        var actual = ResidualNorm.Forward(stream, output, weight, 1e-6, result);

        Assert.Equal(result, actual.dtype);
        AssertClose(plainStream, stream, ScalarType.Float32, 4, "stream");
        AssertClose(expected, actual, result, 4, $"{n} × {size}");
    });

    [Theory]
    [InlineData(ScalarType.Float32, ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16, ScalarType.BFloat16)]
    [InlineData(ScalarType.BFloat16, ScalarType.Float32)]
    [InlineData(ScalarType.Float32, ScalarType.BFloat16)]
    public void Weighted_sums_in_one_pass(ScalarType from, ScalarType to) => Repeat(random =>
    {
        var (count, length) = (random.Next(1, 30), random.Next(1, 9_000));
        var vectors = Enumerable.Range(0, count).Select(_ => randn(length).to(from)).ToArray();
        var weights = Enumerable.Range(0, random.Next(1, 20))
            .Select(_ => Enumerable.Range(0, count).Select(_ => (random.NextDouble() * 3) - 1.5).ToArray()).ToArray();

        AssertClose(WeightedSums.Plain(vectors, weights, ScalarType.Float32), WeightedSums.Of(vectors, weights, to), to, Math.Sqrt(count),
            $"{count} × {length}");
    });

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Values_that_are_not_finite_are_preserved(float value)
    {
        using var scope = NewDisposeScope();
        foreach (var place in (int[])[0, 15, 16, 36])
        {
            var scores = zeros(1, 1, 1, 37);
            scores[0, 0, 0, place] = value;
            var both = ones(1, 96);
            both[0, place] = value;
            var stream = ones(1, 48);
            stream[0, place] = value;
            var vector = ones(37);
            vector[place] = value;

            Assert.True(MaskedSoftmax.Of(scores, default).isnan().all().item<bool>(), $"shares, {place}");
            Assert.False(GatedGelu.Forward(both).isfinite().all().item<bool>(), $"gelu, {place}");
            Assert.False(ResidualNorm.Forward(stream, null, ones(48), 1e-6, ScalarType.BFloat16).to(ScalarType.Float32).isfinite().all().item<bool>(),
                $"norm, {place}");
            Assert.False(WeightedSums.Of([vector], [[1.0]], ScalarType.BFloat16).to(ScalarType.Float32).isfinite().all().item<bool>(),
                $"sum, {place}");
        }
    }

    [Fact]
    public void Parallel_loops_visit_every_index_once_for_any_number_of_threads()
    {
        using var scope = NewDisposeScope();
        foreach (var count in (int[])[1, 2, 3, 5, 17, 1000])
        {
            var size = ((32_768 / count) + 16) / 16 * 16; // enough numbers in all for several threads
            var stream = ones(count, size);

            ResidualNorm.Forward(stream, ones(count, size), ones(size), 0, ScalarType.Float32);

            Assert.True(stream.eq(2).all().item<bool>(), $"{count}");
        }
    }

    internal static void Repeat(Action<Random> test)
    {
        for (var seed = 0; seed < Cases; seed++)
        {
            using var scope = NewDisposeScope();
            random.manual_seed(seed);
            test(new Random(seed));
        }
    }

    /// <param name="scale">The magnitude of the terms of a sum, which determines its rounding.</param>
    internal static void AssertClose(Tensor expected, Tensor actual, ScalarType type, double scale, string what)
    {
        var unit = type == ScalarType.BFloat16 ? Bf16Tolerance : 2e-6;
        var allowed = expected.to(ScalarType.Float64).abs().mul(unit).add(unit * scale / 16); // of each value
        var excess = expected.to(ScalarType.Float64).sub(actual.to(ScalarType.Float64)).abs().sub(allowed).max().item<double>();
        Assert.True(excess <= 0, $"{what}: {excess:R} too far.");
    }
}
