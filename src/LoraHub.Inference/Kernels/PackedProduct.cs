using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

using static TorchSharp.torch;

namespace LoraHub.Inference.Kernels;

/// <summary>
/// x·Wᵀ of few rows with a packed fp32 matrix where it lies: reads the matrix once, at the memory's speed. A row's result does not depend on the
/// other rows.
/// </summary>
static unsafe class PackedProduct
{
    // With more rows, arithmetic takes the time, and oneDNN's products are as fast.
    const int MostRows = 16;

    // The columns that all rows use before the next ones are read: their numbers stay in the first cache.
    const int Chunk = 64;

    /// <summary>Whether <see cref="Forward"/> can process these rows.</summary>
    public static bool CanProcess(Tensor x) => x.shape[0] <= MostRows && x.dtype == ScalarType.Float32 && Lanes.CanProcess(x);

    /// <param name="x">(R, in).</param>
    /// <returns>(R, out); belongs to the caller's scope.</returns>
    public static Tensor Forward(Tensor x, PackedMatrix matrix)
    {
        var (rows, input) = (x.shape[0], x.shape[1]);
        var result = empty([rows, matrix.Output], ScalarType.Float32);
        var work = new Work
        {
            X = (float*)LibTorch.Data(x),
            Rows = (int)rows,
            Input = input,
            Numbers = (float*)matrix.Numbers,
            Room = matrix.Room,
            Result = (float*)LibTorch.Data(result),
            Output = matrix.Output,
        };
        var blocks = (matrix.Output + matrix.Layout.Rows - 1) / matrix.Layout.Rows;
        Threads.For((int)blocks, matrix.Output * input, matrix.Layout.Rows == Block64.Rows ? &Blocks<Block64> : &Blocks<Block24>, &work);
        return result;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Blocks<T>(void* pointer, int from, int to)
        where T : struct, IBlock<T>
    {
        var work = (Work*)pointer;
        var sums = stackalloc float[MostRows * T.Rows];
        for (var block = from; block < to; block++)
        {
            new Span<float>(sums, work->Rows * T.Rows).Clear();
            for (var column = 0L; column < work->Input; column += Chunk)
            {
                var count = Math.Min(Chunk, work->Input - column);
                var numbers = work->Numbers + (((block * work->Room) + column) * T.Rows);
                var row = 0;
                for (; row <= work->Rows - 4; row += 4)
                {
                    AddFour<T>(numbers, work->X + (row * work->Input) + column, work->Input, count, sums + (row * T.Rows));
                }

                for (; row < work->Rows; row++)
                {
                    AddOne<T>(numbers, work->X + (row * work->Input) + column, count, sums + (row * T.Rows));
                }
            }

            var first = (long)block * T.Rows;
            var size = (int)Math.Min(T.Rows, work->Output - first);
            for (var row = 0; row < work->Rows; row++)
            {
                new Span<float>(sums + (row * T.Rows), size).CopyTo(new Span<float>(work->Result + (row * work->Output) + first, size));
            }
        }
    }

    /// <summary>sums += x·wᵀ of some columns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void AddOne<T>(float* numbers, float* x, long count, float* sums)
        where T : struct, IBlock<T>
    {
        var sum = T.Load(sums);
        for (var i = 0L; i < count; i++, numbers += T.Rows)
        {
            sum = sum.Plus(x[i], T.Load(numbers));
        }

        sum.Store(sums);
    }

    /// <summary>The same for four rows of x, so many numbers apart, whose sums follow each other.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void AddFour<T>(float* numbers, float* x, long apart, long count, float* sums)
        where T : struct, IBlock<T>
    {
        var (a, b, c, d) = (T.Load(sums), T.Load(sums + T.Rows), T.Load(sums + (2 * T.Rows)), T.Load(sums + (3 * T.Rows)));
        float* x1 = x + apart, x2 = x1 + apart, x3 = x2 + apart;
        for (var i = 0L; i < count; i++, numbers += T.Rows)
        {
            var w = T.Load(numbers);
            (a, b, c, d) = (a.Plus(x[i], w), b.Plus(x1[i], w), c.Plus(x2[i], w), d.Plus(x3[i], w));
        }

        a.Store(sums);
        b.Store(sums + T.Rows);
        c.Store(sums + (2 * T.Rows));
        d.Store(sums + (3 * T.Rows));
    }

    [StructLayout(LayoutKind.Auto)]
    struct Work
    {
        public float* X;
        public int Rows;
        public long Input;
        public float* Numbers;
        public long Room;
        public float* Result;
        public long Output;
    }
}
