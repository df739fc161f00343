using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

using LoraHub.Formats.Adapters;

using TorchSharp;

using static TorchSharp.torch;

namespace LoraHub.Inference.Kernels;

/// <summary>The low-rank update of one row: y += Scaling · B·A·x.</summary>
/// <param name="A">lora_A's first number, (r, in); 0 for no update.</param>
/// <param name="B">lora_B's first number, (out, r).</param>
/// <param name="Rank">r.</param>
[StructLayout(LayoutKind.Auto)]
readonly record struct RowUpdate(nint A, nint B, int Rank, float Scaling)
{
    /// <param name="module">A flat module, in CPU memory; must outlive the result.</param>
    public static unsafe RowUpdate Of(Tensor module, LayerSlot slot)
    {
        var width = module.dtype.ElementSize();
        var a = (nint)LibTorch.Data(module) + (nint)(slot.Offset * width);
        return new RowUpdate(a, a + (nint)(slot.Rank * slot.Input * width), slot.Rank, (float)slot.Scaling);
    }
}

/// <summary>
/// Adds to each row the update of its own module, of any rank, from the module's numbers where they lie. In fp32. A row's result does not
/// depend on the other rows.
/// </summary>
static unsafe class RowUpdates
{
    // The largest rank whose inner products are kept on the stack.
    const int LargestRank = 512;

    /// <summary>Whether <see cref="Add"/> can process updates of at most this rank.</summary>
    public static bool CanProcess(Tensor x, Tensor y, int rank) =>
        Lanes.CanProcess(x) && Lanes.CanProcess(y) && x.dtype == y.dtype && rank <= LargestRank;

    /// <param name="x">(R, in).</param>
    /// <param name="y">(R, …), of the same dtype; the columns [start, start + size) are changed in place.</param>
    /// <param name="updates">One for each row, of this layer; in the dtype of <paramref name="x"/>.</param>
    public static void Add(Tensor x, Tensor y, long start, long size, ReadOnlySpan<RowUpdate> updates)
    {
        var input = x.shape[1];
        var numbers = 0L;
        foreach (var update in updates)
        {
            numbers += update.A == 0 ? 0 : update.Rank * (input + size);
        }

        fixed (RowUpdate* first = updates)
        {
            var work = new Work
            {
                X = LibTorch.Data(x),
                Input = input,
                Y = LibTorch.Data(y),
                Columns = y.shape[1],
                Start = start,
                Size = size,
                Updates = first,
            };
            delegate*<void*, int, int, void> body = x.dtype == ScalarType.BFloat16 ? &Rows<BFloat16> : &Rows<Float32>;
            Threads.For(updates.Length, numbers, body, &work);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Rows<T>(void* pointer, int from, int to)
        where T : struct, INumbers
    {
        var work = (Work*)pointer;
        var inner = stackalloc float[LargestRank];
        for (var row = from; row < to; row++)
        {
            var (a, b, rank, scaling) = work->Updates[row];
            if (a == 0)
            {
                continue;
            }

            for (var k = 0; k < rank; k++)
            {
                inner[k] = scaling * Product<T>(work->X, row * work->Input, (void*)a, k * work->Input, work->Input);
            }

            var y = (row * work->Columns) + work->Start;
            for (var i = 0L; i < work->Size; i++)
            {
                var sum = T.LoadOne(work->Y, y + i) + Product<T>(inner, (void*)b, i * rank, rank);
                T.StoreOne(sum, work->Y, y + i);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static float Product<T>(void* x, long xStart, void* y, long yStart, long count)
        where T : struct, INumbers
    {
        var (even, odd) = (Vector512<float>.Zero, Vector512<float>.Zero);
        var i = 0L;
        for (; i <= count - (2 * Lanes.Count); i += 2 * Lanes.Count)
        {
            even = Vector512.FusedMultiplyAdd(T.Load(x, xStart + i), T.Load(y, yStart + i), even);
            odd = Vector512.FusedMultiplyAdd(T.Load(x, xStart + i + Lanes.Count), T.Load(y, yStart + i + Lanes.Count), odd);
        }

        var result = Vector512.Sum(even + odd);
        for (; i < count; i++)
        {
            result += T.LoadOne(x, xStart + i) * T.LoadOne(y, yStart + i);
        }

        return result;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static float Product<T>(float* x, void* y, long yStart, int count)
        where T : struct, INumbers
    {
        var sum = Vector512<float>.Zero;
        var i = 0;
        for (; i <= count - Lanes.Count; i += Lanes.Count)
        {
            sum = Vector512.FusedMultiplyAdd(Vector512.Load(x + i), T.Load(y, yStart + i), sum);
        }

        var result = i == 0 ? 0 : Vector512.Sum(sum);
        for (; i < count; i++)
        {
            result += x[i] * T.LoadOne(y, yStart + i);
        }

        return result;
    }

    [StructLayout(LayoutKind.Auto)]
    struct Work
    {
        public void* X;
        public long Input;
        public void* Y;
        public long Columns;
        public long Start;
        public long Size;
        public RowUpdate* Updates;
    }
}
