using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

using TorchSharp.Modules;

using static TorchSharp.torch;

namespace LoraHub.Inference.Kernels;

/// <summary>
/// gelu(gate) ⊙ up and its gradient, each in one pass, gelu by tanh (arXiv 1606.08415, section 2; the gated form: arXiv 2002.05202).
/// </summary>
static unsafe class GatedGelu
{
    const float Linear = -1.5957691216057308f; // −2·√(2/π)
    const float Cubic = Linear * 0.044715f;

    /// <param name="both">(n, 2·F): the gate, then up.</param>
    /// <returns>(n, F), of the same dtype; belongs to the caller's scope.</returns>
    public static Tensor Forward(Tensor both) => CanFuse(both) ? Fused(both, gradient: null) : Plain(both);

    /// <summary>The gradient of <see cref="Forward"/>'s input for that of its result.</summary>
    /// <param name="both">The input, (n, 2·F); <see cref="CanFuse"/>.</param>
    /// <param name="gradient">(n, F), contiguous, of the same dtype.</param>
    /// <returns>(n, 2·F), of the same dtype; belongs to the caller's scope.</returns>
    public static Tensor Backward(Tensor both, Tensor gradient) => Fused(both, gradient);

    /// <summary>Whether one pass is possible.</summary>
    public static bool CanFuse(Tensor both) => Lanes.CanProcess(both) && both.shape[1] % (2 * Lanes.Count) == 0;

    /// <summary>The same with libtorch's operations, in several passes. It has a gradient.</summary>
    public static Tensor Plain(Tensor both)
    {
        using var scope = NewDisposeScope();
        var halves = both.chunk(2, -1);
        return nn.functional.gelu(halves[0], GELU.Approximate.tanh, inplace: false).mul(halves[1]).MoveToOuterDisposeScope();
    }

    static Tensor Fused(Tensor both, Tensor? gradient)
    {
        var (rows, size) = (both.shape[0], both.shape[1] / 2);
        var result = empty(rows, gradient is null ? size : 2 * size, both.dtype);
        var work = new Work
        {
            Input = LibTorch.Data(both),
            Gradient = gradient is null ? null : LibTorch.Data(gradient),
            Output = LibTorch.Data(result),
            Size = size,
        };
        Threads.For((int)rows, both.numel(), Body(both.dtype, gradient is not null), &work);
        return result;
    }

    static delegate*<void*, int, int, void> Body(ScalarType type, bool isGradient) => (type, isGradient) switch
    {
        (ScalarType.BFloat16, false) => &Rows<BFloat16>,
        (ScalarType.BFloat16, true) => &GradientRows<BFloat16>,
        (_, false) => &Rows<Float32>,
        _ => &GradientRows<Float32>,
    };

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Rows<T>(void* pointer, int from, int to)
        where T : struct, INumbers
    {
        var work = (Work*)pointer;
        for (var row = from; row < to; row++)
        {
            var gate = row * 2L * work->Size;
            var up = gate + work->Size;
            var output = row * work->Size;
            for (var i = 0L; i < work->Size; i += Lanes.Count)
            {
                var x = T.Load(work->Input, gate + i);
                T.Store(x / Inverse(x) * T.Load(work->Input, up + i), work->Output, output + i);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void GradientRows<T>(void* pointer, int from, int to)
        where T : struct, INumbers
    {
        var work = (Work*)pointer;
        for (var row = from; row < to; row++)
        {
            var gate = row * 2L * work->Size;
            var up = gate + work->Size;
            var output = row * work->Size;
            for (var i = 0L; i < work->Size; i += Lanes.Count)
            {
                var x = T.Load(work->Input, gate + i);
                var gradient = T.Load(work->Gradient, output + i);
                var sigmoid = Vector512<float>.One / Inverse(x); // gelu(x) / x
                var slope = Vector512.FusedMultiplyAdd(x * x, Vector512.Create(3 * Cubic), Vector512.Create(Linear)); // the exponent's
                var derivative = sigmoid - (x * sigmoid * (Vector512<float>.One - sigmoid) * slope);
                T.Store(gradient * T.Load(work->Input, up + i) * derivative, work->Output, gate + i);
                T.Store(gradient * x * sigmoid, work->Output, up + i);
            }
        }
    }

    /// <summary>x / gelu(x) = 2 / (1 + tanh(√(2/π)·(x + 0.044715·x³))) = 1 + e^(−2·√(2/π)·(x + 0.044715·x³)).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<float> Inverse(Vector512<float> x)
    {
        var exponent = x * Vector512.FusedMultiplyAdd(x * x, Vector512.Create(Cubic), Vector512.Create(Linear));
        return Vector512<float>.One + Lanes.Exp(exponent);
    }

    [StructLayout(LayoutKind.Auto)]
    struct Work
    {
        public void* Input;
        public void* Gradient;
        public void* Output;
        public long Size;
    }
}
