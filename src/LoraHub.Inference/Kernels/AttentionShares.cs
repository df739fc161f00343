using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

using static TorchSharp.torch;

namespace LoraHub.Inference.Kernels;

/// <summary>What is added to attention's scores, and which of them do not count.</summary>
/// <param name="Bias">By relative position, (H, T, S), fp32 or better, or null.</param>
/// <param name="Mask">0, or a number so low that the key does not count, (B, S), of the same dtype, or null.</param>
/// <param name="IsCausal">Whether a query sees no key behind it; the last query sees all S.</param>
readonly record struct ScoreTerms(Tensor? Bias, Tensor? Mask, bool IsCausal);

/// <summary>softmax(scores + bias + mask) over the keys in one pass and in place, in fp32 whatever the scores' dtype, as the reference has it (docs/adr/0003).</summary>
static unsafe class AttentionShares
{
    // The longest row of scores that is kept on the stack, 32 KiB.
    const int LongestRow = 8_192;

    /// <param name="scores">(B, H, T, S); may be overwritten.</param>
    /// <returns>The shares, (B, H, T, S), of the scores' dtype; may be the same tensor. Belongs to the caller's scope.</returns>
    public static Tensor Of(Tensor scores, ScoreTerms terms) =>
        Lanes.Reach(scores) && IsWithin(terms.Bias) && IsWithin(terms.Mask) && scores.shape[3] <= LongestRow ? InPlace(scores, terms) : Plain(scores, terms);

    /// <summary>The same by libtorch's operations, in several passes.</summary>
    public static Tensor Plain(Tensor scores, ScoreTerms terms)
    {
        using var scope = NewDisposeScope();
        var sum = scores.to(scores.dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32, copy: true); // (B, H, T, S)
        if (terms.Bias is not null)
        {
            sum.add_(terms.Bias);
        }

        if (terms.Mask is not null)
        {
            sum.add_(terms.Mask.unsqueeze(1).unsqueeze(1)); // (B, 1, 1, S)
        }

        if (terms.IsCausal)
        {
            var (queries, keys) = (scores.shape[2], scores.shape[3]);
            sum.masked_fill_(ones(queries, keys, ScalarType.Bool, scores.device).triu(keys - queries + 1), double.NegativeInfinity);
        }

        return sum.softmax(-1, ScalarType.Float32).to(scores.dtype).MoveToOuterDisposeScope();
    }

    static bool IsWithin(Tensor? term) => term is null || (term.dtype == ScalarType.Float32 && Lanes.Reach(term));

    static Tensor InPlace(Tensor scores, ScoreTerms terms)
    {
        var work = new Work
        {
            Scores = LibTorch.Data(scores),
            Bias = terms.Bias is null ? null : (float*)LibTorch.Data(terms.Bias),
            Mask = terms.Mask is null ? null : (float*)LibTorch.Data(terms.Mask),
            Heads = scores.shape[1],
            Queries = scores.shape[2],
            Keys = (int)scores.shape[3],
            IsCausal = terms.IsCausal,
        };
        Threads.For((int)(scores.shape[0] * work.Heads * work.Queries), scores.dtype == ScalarType.BFloat16 ? &Rows<BFloat16> : &Rows<Float32>, &work);
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

    /// <summary>row[0, count) = scores + bias + mask, then −∞ up to a whole number of lanes.</summary>
    /// <returns>The largest.</returns>
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
    static void Store<T>(float* row, int count, float sum, void* shares, long start, int keys)
        where T : struct, INumbers
    {
        var i = 0;
        for (; i <= count - Lanes.Count; i += Lanes.Count)
        {
            T.Store(Vector512.Load(row + i) / Vector512.Create(sum), shares, start + i);
        }

        for (; i < count; i++)
        {
            T.StoreOne(row[i] / sum, shares, start + i);
        }

        for (; i < keys; i++)
        {
            T.StoreOne(0, shares, start + i);
        }
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
