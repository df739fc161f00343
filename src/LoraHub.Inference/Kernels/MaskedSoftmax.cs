using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

using static TorchSharp.torch;

namespace LoraHub.Inference.Kernels;

/// <summary>
/// softmax(scores + bias + mask) over the keys, in one pass and in place, in fp32 for every dtype of the scores, as in the reference
/// (docs/adr/0003).
/// </summary>
static unsafe class MaskedSoftmax
{
    // The longest row of scores kept on the stack, 32 KiB.
    const int LongestRow = 8_192;

    /// <param name="scores">(B, H, T, S); may be overwritten.</param>
    /// <returns>The attention weights, (B, H, T, S), of the scores' dtype; may be the same tensor. Belongs to the caller's scope.</returns>
    public static Tensor Of(Tensor scores, AttentionBias bias) =>
        CanFuse(scores, bias) ? InPlace(scores, bias) : Plain(scores, bias);

    /// <summary>Whether one pass is possible.</summary>
    public static bool CanFuse(Tensor scores, AttentionBias bias) =>
        Lanes.CanProcess(scores) && IsWithin(bias.Positions) && IsWithin(bias.Mask) && scores.shape[3] <= LongestRow;

    /// <summary>The gradient of the scores for that of the result of <see cref="Of"/>: p ⊙ (dp − Σ p·dp).</summary>
    /// <param name="weights">The result, (B, H, T, S); <see cref="CanFuse"/>.</param>
    /// <param name="gradient">Of the same shape and dtype, contiguous.</param>
    /// <returns>The same; belongs to the caller's scope.</returns>
    public static Tensor Backward(Tensor weights, Tensor gradient)
    {
        var result = empty(weights.shape, weights.dtype);
        var keys = weights.shape[3];
        var work = new GradientWork
        {
            Weights = LibTorch.Data(weights),
            Gradient = LibTorch.Data(gradient),
            Result = LibTorch.Data(result),
            Keys = (int)keys,
        };
        Threads.For(
            (int)(weights.numel() / keys), weights.numel(),
            weights.dtype == ScalarType.BFloat16 ? &GradientRows<BFloat16> : &GradientRows<Float32>, &work);
        return result;
    }

    /// <summary>The same with libtorch's operations, in several passes. It has a gradient.</summary>
    public static Tensor Plain(Tensor scores, AttentionBias bias)
    {
        using var scope = NewDisposeScope();
        var sum = scores.to(scores.dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32, copy: true); // (B, H, T, S)
        if (bias.Positions is not null)
        {
            sum.add_(bias.Positions, LiveScalar.One);
        }

        if (bias.Mask is not null)
        {
            sum.add_(bias.Mask.unsqueeze(1).unsqueeze(1), LiveScalar.One); // (B, 1, 1, S)
        }

        if (bias.IsCausal)
        {
            var (queries, keys) = (scores.shape[2], scores.shape[3]);
            sum.masked_fill_(ones(queries, keys, ScalarType.Bool, scores.device).triu(keys - queries + 1), LiveScalar.Of(double.NegativeInfinity));
        }

        return sum.softmax(-1, ScalarType.Float32).to(scores.dtype).MoveToOuterDisposeScope();
    }

    static bool IsWithin(Tensor? addend) => addend is null || (addend.dtype == ScalarType.Float32 && Lanes.CanProcess(addend));

    static Tensor InPlace(Tensor scores, AttentionBias bias)
    {
        var work = new Work
        {
            Scores = LibTorch.Data(scores),
            Bias = bias.Positions is null ? null : (float*)LibTorch.Data(bias.Positions),
            Mask = bias.Mask is null ? null : (float*)LibTorch.Data(bias.Mask),
            Heads = scores.shape[1],
            Queries = scores.shape[2],
            Keys = (int)scores.shape[3],
            IsCausal = bias.IsCausal,
        };
        var rows = (int)(scores.shape[0] * work.Heads * work.Queries);
        Threads.For(rows, scores.numel(), scores.dtype == ScalarType.BFloat16 ? &Rows<BFloat16> : &Rows<Float32>, &work);
        return scores.alias();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Rows<T>(void* pointer, int from, int to)
        where T : struct, INumbers
    {
        var work = (Work*)pointer;
        var row = stackalloc float[work->Keys + Lanes.Count];
        for (var index = from; index < to; index++)
        {
            var query = index % work->Queries;
            var head = index / work->Queries % work->Heads;
            var scores = (long)index * work->Keys;
            var bias = work->Bias == null ? null : work->Bias + (((head * work->Queries) + query) * work->Keys);
            var mask = work->Mask == null ? null : work->Mask + (index / work->Queries / work->Heads * work->Keys);
            var seen = work->IsCausal ? work->Keys - (int)(work->Queries - 1 - query) : work->Keys;

            var largest = Sum<T>(work->Scores, scores, bias, mask, row, seen);
            var sum = Exponentiate(row, seen, largest);
            Store<T>(row, seen, sum, work->Scores, scores, work->Keys);
        }
    }

    /// <summary>row[0, count) = scores + bias + mask, padded with −∞ to a whole number of lanes.</summary>
    /// <returns>The largest value.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static float Sum<T>(void* scores, long start, float* bias, float* mask, float* row, int count)
        where T : struct, INumbers
    {
        var max = Vector512.Create(float.NegativeInfinity);
        var i = 0;
        for (; i <= count - Lanes.Count; i += Lanes.Count)
        {
            var value = T.Load(scores, start + i);
            value = bias == null ? value : value + Vector512.Load(bias + i);
            value = mask == null ? value : value + Vector512.Load(mask + i);
            value.Store(row + i);
            max = Vector512.MaxNative(max, value);
        }

        if (i < count)
        {
            Vector512.Create(float.NegativeInfinity).Store(row + i);
            for (var j = i; j < count; j++)
            {
                row[j] = T.LoadOne(scores, start + j) + (bias == null ? 0 : bias[j]) + (mask == null ? 0 : mask[j]);
            }

            max = Vector512.MaxNative(max, Vector512.Load(row + i));
        }

        return Lanes.Max(max);
    }

    /// <summary>row = e^(row − largest).</summary>
    /// <returns>Their sum.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static float Exponentiate(float* row, int count, float largest)
    {
        var sum = Vector512<float>.Zero;
        for (var i = 0; i < count; i += Lanes.Count)
        {
            var value = Lanes.Exp(Vector512.Load(row + i) - Vector512.Create(largest));
            value.Store(row + i);
            sum += value;
        }

        return Vector512.Sum(sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Store<T>(float* row, int count, float sum, void* weights, long start, int keys)
        where T : struct, INumbers
    {
        var i = 0;
        for (; i <= count - Lanes.Count; i += Lanes.Count)
        {
            T.Store(Vector512.Load(row + i) / Vector512.Create(sum), weights, start + i);
        }

        for (; i < count; i++)
        {
            T.StoreOne(row[i] / sum, weights, start + i);
        }

        for (; i < keys; i++)
        {
            T.StoreOne(0, weights, start + i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void GradientRows<T>(void* pointer, int from, int to)
        where T : struct, INumbers
    {
        var work = (GradientWork*)pointer;
        for (var index = from; index < to; index++)
        {
            var start = (long)index * work->Keys;
            var sums = Vector512<float>.Zero;
            var i = 0;
            for (; i <= work->Keys - Lanes.Count; i += Lanes.Count)
            {
                sums += T.Load(work->Weights, start + i) * T.Load(work->Gradient, start + i);
            }

            var sum = Vector512.Sum(sums);
            for (var j = i; j < work->Keys; j++)
            {
                sum += T.LoadOne(work->Weights, start + j) * T.LoadOne(work->Gradient, start + j);
            }

            for (i = 0; i <= work->Keys - Lanes.Count; i += Lanes.Count)
            {
                var difference = T.Load(work->Gradient, start + i) - Vector512.Create(sum);
                T.Store(T.Load(work->Weights, start + i) * difference, work->Result, start + i);
            }

            for (; i < work->Keys; i++)
            {
                T.StoreOne(T.LoadOne(work->Weights, start + i) * (T.LoadOne(work->Gradient, start + i) - sum), work->Result, start + i);
            }
        }
    }

    [StructLayout(LayoutKind.Auto)]
    struct GradientWork
    {
        public void* Weights;
        public void* Gradient;
        public void* Result;
        public int Keys;
    }

    [StructLayout(LayoutKind.Auto)]
    struct Work
    {
        public void* Scores;
        public float* Bias;
        public float* Mask;
        public long Heads;
        public long Queries;
        public int Keys;
        public bool IsCausal;
    }
}
