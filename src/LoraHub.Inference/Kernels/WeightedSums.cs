using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

using static TorchSharp.torch;

namespace LoraHub.Inference.Kernels;

/// <summary>Σ wᵢ·xᵢ of many vectors of equal length, for one or many w, in one pass over the vectors, without copying them.</summary>
static unsafe class WeightedSums
{
    // Sums computed at a time, over all rows: few enough to stay in the L2 cache, many enough for long sequential reads.
    const int Sums = 16_384;

    // Vectors added at a time.
    const int Together = 4;

    // Rows computed per pass; more rows take more passes.
    const int RowsPerPass = 8;

    /// <param name="vectors">(P) each, of one dtype.</param>
    /// <param name="weights">One row for each sum, with one weight for each vector.</param>
    /// <param name="type">The dtype of the result; sums are computed in fp32 or better.</param>
    /// <returns>(rows, P); belongs to the caller's scope.</returns>
    public static Tensor Of(IReadOnlyList<Tensor> vectors, IReadOnlyList<double[]> weights, ScalarType type) =>
        vectors.All(vector => Lanes.CanProcess(vector) && vector.dtype == vectors[0].dtype) && type is ScalarType.Float32 or ScalarType.BFloat16
            ? Fused(vectors, weights, type)
            : Plain(vectors, weights, type);

    /// <summary>The same with libtorch's operations, one vector at a time.</summary>
    public static Tensor Plain(IReadOnlyList<Tensor> vectors, IReadOnlyList<double[]> weights, ScalarType type)
    {
        using var scope = NewDisposeScope();
        var sumType = vectors[0].dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32;
        var sums = zeros([weights.Count, vectors[0].shape[0]], sumType, vectors[0].device); // (rows, P)
        for (var row = 0; row < weights.Count; row++)
        {
            for (var i = 0; i < vectors.Count; i++)
            {
                // A weight beyond the dtype's range becomes infinite.
                sums[row].add_(vectors[i].to(sumType).mul(tensor(weights[row][i], sumType, sums.device)), LiveScalar.One);
            }
        }

        return sums.to(type).MoveToOuterDisposeScope();
    }

    static Tensor Fused(IReadOnlyList<Tensor> vectors, IReadOnlyList<double[]> weights, ScalarType type)
    {
        var length = vectors[0].shape[0];
        var sums = empty(weights.Count, length, type);
        var pointers = stackalloc void*[vectors.Count];
        var factors = stackalloc float[vectors.Count * RowsPerPass];
        for (var i = 0; i < vectors.Count; i++)
        {
            pointers[i] = LibTorch.Data(vectors[i]);
        }

        for (var first = 0; first < weights.Count; first += RowsPerPass)
        {
            var rows = Math.Min(RowsPerPass, weights.Count - first);
            for (var i = 0; i < vectors.Count * rows; i++)
            {
                factors[i] = (float)weights[first + (i % rows)][i / rows];
            }

            var work = new Work
            {
                Vectors = pointers,
                Factors = factors,
                Count = vectors.Count,
                Rows = rows,
                Block = Sums / rows,
                Length = length,
                Sums = LibTorch.Data(sums),
                First = first * length,
            };
            Threads.For((int)((length + work.Block - 1) / work.Block), Body(vectors[0].dtype, type), &work);
        }

        return sums;
    }

    static delegate*<void*, int, int, void> Body(ScalarType vectors, ScalarType sums) => (vectors, sums) switch
    {
        (ScalarType.BFloat16, ScalarType.BFloat16) => &Blocks<BFloat16, BFloat16>,
        (ScalarType.BFloat16, _) => &Blocks<BFloat16, Float32>,
        (_, ScalarType.BFloat16) => &Blocks<Float32, BFloat16>,
        _ => &Blocks<Float32, Float32>,
    };

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Blocks<TVector, TSum>(void* pointer, int from, int to)
        where TVector : struct, INumbers
        where TSum : struct, INumbers
    {
        var work = (Work*)pointer;
        var sums = stackalloc float[Sums];
        for (var block = from; block < to; block++)
        {
            var start = (long)block * work->Block;
            var count = (int)Math.Min(work->Block, work->Length - start);
            new Span<float>(sums, Sums).Clear();
            for (var i = 0; i < work->Count; i += Together)
            {
                for (var row = 0; row < work->Rows; row++)
                {
                    var factors = work->Factors + (i * work->Rows) + row;
                    if (i + Together <= work->Count)
                    {
                        AddFour<TVector>(work->Vectors + i, start, factors, work->Rows, sums + (row * work->Block), count);
                        continue;
                    }

                    for (var j = i; j < work->Count; j++)
                    {
                        Add<TVector>(work->Vectors[j], start, factors[(j - i) * work->Rows], sums + (row * work->Block), 0, count);
                    }
                }
            }

            for (var row = 0; row < work->Rows; row++)
            {
                Store<TSum>(sums + (row * work->Block), work->Sums, work->First + (row * work->Length) + start, count);
            }
        }
    }

    // Rounds product and sum separately and adds one vector at a time, like the reference: in fp32 the sums are bit-identical to its sums.
    static void Add<T>(void* vector, long start, float factor, float* sums, int from, int count)
        where T : struct, INumbers
    {
        var i = from;
        for (; i <= count - Lanes.Count; i += Lanes.Count)
        {
            ((T.Load(vector, start + i) * Vector512.Create(factor)) + Vector512.Load(sums + i)).Store(sums + i);
        }

        for (; i < count; i++)
        {
            sums[i] += T.LoadOne(vector, start + i) * factor;
        }
    }

    /// <summary>The same for four vectors, which reads and writes the sums once.</summary>
    /// <param name="stride">The distance from one vector's factor to the next one's.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void AddFour<T>(void** vectors, long start, float* factors, int stride, float* sums, int count)
        where T : struct, INumbers
    {
        var (f0, f1) = (Vector512.Create(factors[0]), Vector512.Create(factors[stride]));
        var (f2, f3) = (Vector512.Create(factors[2 * stride]), Vector512.Create(factors[3 * stride]));
        var whole = count / Lanes.Count * Lanes.Count;
        for (var i = 0; i < whole; i += Lanes.Count)
        {
            var sum = Vector512.Load(sums + i);
            sum = (T.Load(vectors[0], start + i) * f0) + sum;
            sum = (T.Load(vectors[1], start + i) * f1) + sum;
            sum = (T.Load(vectors[2], start + i) * f2) + sum;
            sum = (T.Load(vectors[3], start + i) * f3) + sum;
            sum.Store(sums + i);
        }

        for (var j = 0; j < Together; j++)
        {
            Add<T>(vectors[j], start, factors[j * stride], sums, whole, count);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Store<T>(float* sums, void* target, long start, int count)
        where T : struct, INumbers
    {
        var i = 0;
        for (; i <= count - Lanes.Count; i += Lanes.Count)
        {
            T.Store(Vector512.Load(sums + i), target, start + i);
        }

        for (; i < count; i++)
        {
            T.StoreOne(sums[i], target, start + i);
        }
    }

    [StructLayout(LayoutKind.Auto)]
    struct Work
    {
        public void** Vectors;
        public float* Factors;
        public int Count;
        public int Rows;
        public int Block;
        public long Length;
        public void* Sums;
        public long First;
    }
}
