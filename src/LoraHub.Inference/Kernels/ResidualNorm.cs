using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

using static TorchSharp.torch;

namespace LoraHub.Inference.Kernels;

/// <summary>Adds a sublayer's output to the residual stream and normalizes the sum by its root mean square (arXiv 1910.07467), in one pass.</summary>
static unsafe class ResidualNorm
{
    /// <param name="stream">The residual stream, (n, D), fp32 or better; the output is added to it.</param>
    /// <param name="output">(n, D), or null for nothing.</param>
    /// <param name="weight">(D), of the stream's dtype.</param>
    /// <param name="type">The dtype of the result.</param>
    /// <returns>stream / √(mean(stream²) + epsilon) ⊙ weight, (n, D); belongs to the caller's scope.</returns>
    public static Tensor Forward(Tensor stream, Tensor? output, Tensor weight, double epsilon, ScalarType type) =>
        CanFuse(stream, type) && (output is null || Lanes.CanProcess(output))
            ? Fused(stream, output, weight, epsilon, type)
            : Plain(stream, output, weight, epsilon, type);

    /// <summary>Whether one pass is possible.</summary>
    public static bool CanFuse(Tensor stream, ScalarType type) =>
        stream.dtype == ScalarType.Float32 && stream.shape[1] % Lanes.Count == 0 && Lanes.CanProcess(stream)
        && type is ScalarType.Float32 or ScalarType.BFloat16;

    /// <summary>The gradient of the stream for that of the result of <see cref="Forward"/> without an output.</summary>
    /// <param name="stream">(n, D), fp32; <see cref="CanFuse"/>.</param>
    /// <param name="gradient">(n, D), contiguous, fp32 or bf16.</param>
    /// <returns>(n, D), fp32; belongs to the caller's scope.</returns>
    public static Tensor Backward(Tensor stream, Tensor weight, double epsilon, Tensor gradient)
    {
        var result = empty(stream.shape, ScalarType.Float32);
        var work = new Work
        {
            Stream = (float*)LibTorch.Data(stream),
            Output = LibTorch.Data(gradient),
            Weight = (float*)LibTorch.Data(weight),
            Result = LibTorch.Data(result),
            Epsilon = epsilon,
            Size = stream.shape[1],
        };
        Threads.For(
            (int)stream.shape[0], stream.numel(), gradient.dtype == ScalarType.BFloat16 ? &GradientRows<BFloat16> : &GradientRows<Float32>, &work);
        return result;
    }

    /// <summary>The same with libtorch's operations, in several passes. Without an output it has a gradient.</summary>
    public static Tensor Plain(Tensor stream, Tensor? output, Tensor weight, double epsilon, ScalarType type)
    {
        using var scope = NewDisposeScope();
        if (output is not null)
        {
            stream.add_(output, LiveScalar.One);
        }

        var numbers = stream.to(ScalarType.Float32);
        var variance = numbers.mul(numbers).mean([-1], keepdim: true); // (n, 1), always in fp32 (docs/adr/0003)
        return variance.add_(LiveScalar.Of(epsilon)).rsqrt().mul(stream).mul(weight).to(type).MoveToOuterDisposeScope();
    }

    static Tensor Fused(Tensor stream, Tensor? output, Tensor weight, double epsilon, ScalarType type)
    {
        var result = empty(stream.shape, type);
        var work = new Work
        {
            Stream = (float*)LibTorch.Data(stream),
            Output = output is null ? null : LibTorch.Data(output),
            Weight = (float*)LibTorch.Data(weight),
            Result = LibTorch.Data(result),
            Epsilon = epsilon,
            Size = stream.shape[1],
        };
        Threads.For((int)stream.shape[0], stream.numel(), Body(output?.dtype ?? type, type), &work);
        return result;
    }

    static delegate*<void*, int, int, void> Body(ScalarType output, ScalarType result) => (output, result) switch
    {
        (ScalarType.BFloat16, ScalarType.BFloat16) => &Rows<BFloat16, BFloat16>,
        (ScalarType.BFloat16, _) => &Rows<BFloat16, Float32>,
        (_, ScalarType.BFloat16) => &Rows<Float32, BFloat16>,
        _ => &Rows<Float32, Float32>,
    };

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Rows<TOutput, TResult>(void* pointer, int from, int to)
        where TOutput : struct, INumbers
        where TResult : struct, INumbers
    {
        var work = (Work*)pointer;
        for (var row = from; row < to; row++)
        {
            var start = row * work->Size;
            var stream = work->Stream + start;
            var squares = Vector512<float>.Zero;
            for (var i = 0L; i < work->Size; i += Lanes.Count)
            {
                var value = Vector512.Load(stream + i);
                if (work->Output != null)
                {
                    value += TOutput.Load(work->Output, start + i);
                    value.Store(stream + i);
                }

                squares += value * value;
            }

            var scale = Vector512.Create((float)(1 / Math.Sqrt((Vector512.Sum(squares) / work->Size) + work->Epsilon)));
            for (var i = 0L; i < work->Size; i += Lanes.Count)
            {
                TResult.Store(Vector512.Load(stream + i) * scale * Vector512.Load(work->Weight + i), work->Result, start + i);
            }
        }
    }

    /// <summary>With y = s·x·w, s = 1 / √(mean(x²) + epsilon): dx = s·(w·dy − x·s²·mean(x·w·dy)).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void GradientRows<T>(void* pointer, int from, int to)
        where T : struct, INumbers
    {
        var work = (Work*)pointer;
        for (var row = from; row < to; row++)
        {
            var start = row * work->Size;
            var (squares, products) = (Vector512<float>.Zero, Vector512<float>.Zero);
            for (var i = 0L; i < work->Size; i += Lanes.Count)
            {
                var x = Vector512.Load(work->Stream + start + i);
                squares += x * x;
                products += x * Vector512.Load(work->Weight + i) * T.Load(work->Output, start + i);
            }

            var variance = (Vector512.Sum(squares) / work->Size) + work->Epsilon;
            var scale = Vector512.Create((float)(1 / Math.Sqrt(variance)));
            var along = Vector512.Create((float)(Vector512.Sum(products) / work->Size / variance));
            for (var i = 0L; i < work->Size; i += Lanes.Count)
            {
                var x = Vector512.Load(work->Stream + start + i);
                var across = (Vector512.Load(work->Weight + i) * T.Load(work->Output, start + i)) - (x * along);
                Float32.Store(scale * across, work->Result, start + i);
            }
        }
    }

    [StructLayout(LayoutKind.Auto)]
    struct Work
    {
        public float* Stream;
        public void* Output; // or the result's gradient
        public float* Weight;
        public void* Result;
        public double Epsilon;
        public long Size;
    }
}
