using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

using static TorchSharp.torch;

namespace LoraHub.Inference.Kernels;

/// <summary>
/// x·Wᵀ with a matrix rounded to 8 bits. Each row of x becomes a scale times whole numbers of 14 bits, so products and sums are exact integers,
/// whatever the processor and the other rows; only the scales are applied in fp32. The matrix is what is inexact: 14 bits are far finer.
/// </summary>
static unsafe class RoundedProduct
{
    // The rows whose sums are kept on the stack.
    const int Group = 32;

    // The four columns that all rows use before the next ones are read: their numbers stay in the first cache.
    const int Chunk = 64;

    [ThreadStatic]
    static byte[]? _digits;

    /// <summary>Whether the processor has these products.</summary>
    public static bool IsAvailable => Avx2.IsSupported && LibTorch.CanPoint;

    /// <param name="x">(R, in), fp32 or bf16, contiguous, in CPU memory.</param>
    /// <param name="rest">What rounding left of the matrix, rounded; null to do without.</param>
    /// <returns>(R, out), of the same dtype; belongs to the caller's scope.</returns>
    public static Tensor Forward(Tensor x, RoundedMatrix matrix, RoundedMatrix? rest = null)
    {
        if (rest is not null)
        {
            using var less = Forward(x, rest);
            return Forward(x, matrix).add_(less, LiveScalar.One);
        }

        var (rows, input, output) = ((int)x.shape[0], (int)x.shape[1], matrix.Output);
        var fours = (int)matrix.Numbers.shape[1];
        var result = empty([rows, output], x.dtype);
        var size = rows * fours * 2 * RoundedMatrix.Together;
        if (_digits is null || _digits.Length < size)
        {
            _digits = GC.AllocateUninitializedArray<byte>(size);
        }

        var scales = stackalloc float[Math.Min(rows, Group)];
        var heap = rows > Group ? new float[rows] : null;
        fixed (byte* digits = _digits)
        fixed (float* many = heap)
        {
            var work = new Work
            {
                Digits = digits,
                XScales = many == null ? scales : many,
                Rows = rows,
                Fours = fours,
                Numbers = (sbyte*)LibTorch.Data(matrix.Numbers),
                Scales = (float*)LibTorch.Data(matrix.Scales),
                Sums = (int*)LibTorch.Data(matrix.Sums),
                Result = LibTorch.Data(result),
                Output = output,
            };
            for (var row = 0; row < rows; row++)
            {
                var to = digits + ((long)row * fours * 2 * RoundedMatrix.Together);
                work.XScales[row] = x.dtype == ScalarType.BFloat16
                    ? RowDigits.Split<BFloat16>(LibTorch.Data(x), (long)row * input, input, fours, to)
                    : RowDigits.Split<Float32>(LibTorch.Data(x), (long)row * input, input, fours, to);
            }

            Threads.For((int)matrix.Numbers.shape[0], output * input, Body(x.dtype), &work);
        }

        return result;
    }

    /// <summary>The same from what the matrix stands for, in libtorch's operations. It does not round x.</summary>
    public static Tensor Plain(Tensor x, RoundedMatrix matrix)
    {
        using var scope = NewDisposeScope();
        return nn.functional.linear(x.to(ScalarType.Float32), matrix.Unrounded(x.shape[1])).to(x.dtype).MoveToOuterDisposeScope();
    }

    static delegate*<void*, int, int, void> Body(ScalarType type) => (AvxVnni.IsSupported, type) switch
    {
        (true, ScalarType.BFloat16) => &Blocks<Vnni, BFloat16>,
        (true, _) => &Blocks<Vnni, Float32>,
        (_, ScalarType.BFloat16) => &Blocks<Pairs, BFloat16>,
        _ => &Blocks<Pairs, Float32>,
    };

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Blocks<TDot, TResult>(void* pointer, int from, int to)
        where TDot : struct, IDot
        where TResult : struct, INumbers
    {
        var work = (Work*)pointer;
        var sums = stackalloc int[Group * 2 * RoundedMatrix.BlockRows];
        for (var block = from; block < to; block++)
        {
            var numbers = work->Numbers + ((long)block * work->Fours * RoundedMatrix.Together * RoundedMatrix.BlockRows);
            for (var first = 0; first < work->Rows; first += Group)
            {
                var rows = Math.Min(Group, work->Rows - first);
                new Span<int>(sums, rows * 2 * RoundedMatrix.BlockRows).Clear();
                for (var four = 0; four < work->Fours; four += Chunk)
                {
                    for (var row = 0; row < rows; row++)
                    {
                        var digits = work->Digits + ((((first + row) * (long)work->Fours) + four) * 2 * RoundedMatrix.Together);
                        Add<TDot>(
                            numbers + ((long)four * RoundedMatrix.Together * RoundedMatrix.BlockRows), (int*)digits,
                            Math.Min(Chunk, work->Fours - four), sums + (row * 2 * RoundedMatrix.BlockRows));
                    }
                }

                for (var row = 0; row < rows; row++)
                {
                    Scale<TResult>(work, block, first + row, sums + (row * 2 * RoundedMatrix.BlockRows));
                }
            }
        }
    }

    /// <summary>Adds the products of one row's digits: the upper digits' sums of 32 rows of the matrix, then the lower digits'.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Add<T>(sbyte* numbers, int* digits, int fours, int* sums)
        where T : struct, IDot
    {
        var (a, b, c, d) = (Vector256.Load(sums), Vector256.Load(sums + 8), Vector256.Load(sums + 16), Vector256.Load(sums + 24));
        var (e, f, g, h) = (Vector256.Load(sums + 32), Vector256.Load(sums + 40), Vector256.Load(sums + 48), Vector256.Load(sums + 56));
        for (var i = 0; i < fours; i++, numbers += 4 * Vector256<sbyte>.Count, digits += 2)
        {
            var (upper, lower) = (Vector256.Create(digits[0]).AsByte(), Vector256.Create(digits[1]).AsByte());
            var w = Vector256.Load(numbers);
            (a, e) = (T.Add(a, upper, w), T.Add(e, lower, w));
            w = Vector256.Load(numbers + 32);
            (b, f) = (T.Add(b, upper, w), T.Add(f, lower, w));
            w = Vector256.Load(numbers + 64);
            (c, g) = (T.Add(c, upper, w), T.Add(g, lower, w));
            w = Vector256.Load(numbers + 96);
            (d, h) = (T.Add(d, upper, w), T.Add(h, lower, w));
        }

        a.Store(sums);
        b.Store(sums + 8);
        c.Store(sums + 16);
        d.Store(sums + 24);
        e.Store(sums + 32);
        f.Store(sums + 40);
        g.Store(sums + 48);
        h.Store(sums + 56);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Scale<T>(Work* work, int block, int row, int* sums)
        where T : struct, INumbers
    {
        var first = (long)block * RoundedMatrix.BlockRows;
        var place = (row * work->Output) + first;
        for (var i = 0; i < RoundedMatrix.BlockRows; i += Lanes.Count)
        {
            // Without the offset, which is a multiple of an upper digit's unit.
            var upper = Vector512.Load(sums + i) - ((RowDigits.Offset >> RowDigits.Bits) * Vector512.Load(work->Sums + first + i));
            var lower = Vector512.ConvertToSingle(Vector512.Load(sums + RoundedMatrix.BlockRows + i));
            var sum = Vector512.FusedMultiplyAdd(Vector512.ConvertToSingle(upper), Vector512.Create((float)(1 << RowDigits.Bits)), lower);
            var result = sum * Vector512.Load(work->Scales + first + i) * work->XScales[row];
            if (first + i + Lanes.Count <= work->Output)
            {
                T.Store(result, work->Result, place + i);
                continue;
            }

            for (var last = i; first + last < work->Output && last < i + Lanes.Count; last++)
            {
                T.StoreOne(result[last - i], work->Result, place + last);
            }
        }
    }

    /// <summary>Adds to each of eight sums the products of four unsigned digits of 7 bits with four signed numbers.</summary>
    interface IDot
    {
        static abstract Vector256<int> Add(Vector256<int> sums, Vector256<byte> digits, Vector256<sbyte> numbers);
    }

    readonly struct Vnni : IDot
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<int> Add(Vector256<int> sums, Vector256<byte> digits, Vector256<sbyte> numbers) =>
            AvxVnni.MultiplyWideningAndAdd(sums, digits, numbers);
    }

    /// <summary>AVX2: two products in 16 bits, then two of these.</summary>
    readonly struct Pairs : IDot
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<int> Add(Vector256<int> sums, Vector256<byte> digits, Vector256<sbyte> numbers) =>
            sums + Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(digits, numbers), Vector256<short>.One);
    }

    [StructLayout(LayoutKind.Auto)]
    struct Work
    {
        public byte* Digits;
        public float* XScales;
        public int Rows;
        public int Fours;
        public sbyte* Numbers;
        public float* Scales;
        public int* Sums;
        public void* Result;
        public long Output;
    }
}
