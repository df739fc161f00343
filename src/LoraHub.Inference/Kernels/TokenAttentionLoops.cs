using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace LoraHub.Inference.Kernels;

/// <summary>The loops of <see cref="TokenAttention"/>.</summary>
static unsafe class TokenAttentionLoops
{
    // The keys of one head that are looked at together: their values stay in the first cache.
    const int Block = 64;

    /// <summary>Attends for the heads [from, to) of all rows, the first row's first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Heads<T>(void* pointer, int from, int to)
        where T : struct, INumbers
    {
        var work = (Work*)pointer;
        var width = work->Width;
        var query = stackalloc float[width];
        var sums = stackalloc float[width];
        var weights = stackalloc float[Block];
        for (var index = from; index < to; index++)
        {
            var (row, head) = (work->Rows[index / work->Heads], index % work->Heads);
            var own = (index / work->Heads * work->Columns) + ((long)head * width);
            var keys = (((long)work->Layer * 2 * work->Heads) + head) * row.Capacity * width;
            var values = keys + ((long)work->Heads * row.Capacity * width);
            if (work->Appends)
            {
                Copy<T>(work->X, own + ((long)work->Heads * width), (void*)row.Start, keys + ((row.Length - 1L) * width), width);
                Copy<T>(work->X, own + (2L * work->Heads * width), (void*)row.Start, values + ((row.Length - 1L) * width), width);
            }

            for (var i = 0; i < width; i++)
            {
                (query[i], sums[i]) = (T.LoadOne(work->X, own + i), 0);
            }

            var bias = work->Bias == null ? null : work->Bias + (((head + 1L) * work->Positions) - row.Length);
            var total = Attend<T>(query, width, (void*)row.Start, keys, values, row.Length, bias, weights, sums);
            for (var i = 0; i < width; i++)
            {
                T.StoreOne(sums[i] / total, work->Result, ((long)index * width) + i);
            }
        }
    }

    /// <summary>sums = Σ e^(score − the largest score) · value, block by block; what was summed is rescaled when a larger score comes.</summary>
    /// <returns>Σ e^(score − the largest score).</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static float Attend<T>(
        float* query, int width, void* numbers, long keys, long values, int count, float* bias, float* weights, float* sums)
        where T : struct, INumbers
    {
        var (largest, total) = (float.NegativeInfinity, 0f);
        for (var start = 0; start < count; start += Block)
        {
            var size = Math.Min(Block, count - start);
            var before = largest;
            for (var i = 0; i < size; i++)
            {
                weights[i] = Product<T>(query, numbers, keys + ((long)(start + i) * width), width) + (bias == null ? 0 : bias[start + i]);
                largest = MathF.Max(largest, weights[i]); // NaN stays
            }

            for (var i = size; i < Block; i++)
            {
                weights[i] = float.NegativeInfinity; // whole lanes; their weight is 0
            }

            if (start > 0 && largest != before)
            {
                var scale = MathF.Exp(before - largest);
                total *= scale;
                for (var i = 0; i < width; i++)
                {
                    sums[i] *= scale;
                }
            }

            total += Exponentiate(weights, size, largest);
            Add<T>(weights, size, numbers, values + ((long)start * width), width, sums);
        }

        return total;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static float Exponentiate(float* weights, int count, float largest)
    {
        var sum = Vector512<float>.Zero;
        for (var i = 0; i < count; i += Lanes.Count)
        {
            var value = Lanes.Exp(Vector512.Load(weights + i) - Vector512.Create(largest));
            value.Store(weights + i);
            sum += value;
        }

        return Vector512.Sum(sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static float Product<T>(float* query, void* numbers, long start, int width)
        where T : struct, INumbers
    {
        var sum = Vector512<float>.Zero;
        var i = 0;
        for (; i <= width - Lanes.Count; i += Lanes.Count)
        {
            sum = Vector512.FusedMultiplyAdd(Vector512.Load(query + i), T.Load(numbers, start + i), sum);
        }

        var result = Vector512.Sum(sum);
        for (; i < width; i++)
        {
            result += query[i] * T.LoadOne(numbers, start + i);
        }

        return result;
    }

    /// <summary>sums += Σ weight · value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Add<T>(float* weights, int count, void* numbers, long values, int width, float* sums)
        where T : struct, INumbers
    {
        var column = 0;
        for (; column <= width - Lanes.Count; column += Lanes.Count)
        {
            var sum = Vector512.Load(sums + column);
            for (var i = 0; i < count; i++)
            {
                sum = Vector512.FusedMultiplyAdd(Vector512.Create(weights[i]), T.Load(numbers, values + ((long)i * width) + column), sum);
            }

            sum.Store(sums + column);
        }

        for (; column < width; column++)
        {
            for (var i = 0; i < count; i++)
            {
                sums[column] += weights[i] * T.LoadOne(numbers, values + ((long)i * width) + column);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Copy<T>(void* from, long source, void* to, long target, int count)
        where T : struct, INumbers
    {
        for (var i = 0; i < count; i++)
        {
            T.StoreOne(T.LoadOne(from, source + i), to, target + i);
        }
    }

    [StructLayout(LayoutKind.Auto)]
    public struct Work
    {
        public void* X;
        public long Columns;
        public AttendedRow* Rows;
        public int Layer;
        public int Heads;
        public int Width;
        public float* Bias;
        public int Positions;
        public bool Appends;
        public void* Result;
    }
}
