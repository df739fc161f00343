using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace LoraHub.Inference.Kernels;

/// <summary>One fp32 number for each row of a block of a packed matrix, in the processor's registers.</summary>
unsafe interface IBlock<T>
    where T : struct, IBlock<T>
{
    /// <summary>How many.</summary>
    static abstract int Rows { get; }

    static abstract T Load(float* numbers);

    void Store(float* numbers);

    /// <summary>this + at · column.</summary>
    T Plus(float at, T column);
}

/// <summary>Four registers of AVX-512: sixteen of them are the sums of four rows of x.</summary>
[StructLayout(LayoutKind.Auto)]
readonly unsafe struct Block64(Vector512<float> a, Vector512<float> b, Vector512<float> c, Vector512<float> d) : IBlock<Block64>
{
    readonly Vector512<float> _a = a, _b = b, _c = c, _d = d;

    public static int Rows => 64;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Block64 Load(float* numbers) => new(
        Vector512.Load(numbers), Vector512.Load(numbers + 16), Vector512.Load(numbers + 32), Vector512.Load(numbers + 48));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(float* numbers)
    {
        _a.Store(numbers);
        _b.Store(numbers + 16);
        _c.Store(numbers + 32);
        _d.Store(numbers + 48);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Block64 Plus(float at, Block64 column)
    {
        var all = Vector512.Create(at);
        return new Block64(
            Vector512.FusedMultiplyAdd(all, column._a, _a), Vector512.FusedMultiplyAdd(all, column._b, _b),
            Vector512.FusedMultiplyAdd(all, column._c, _c), Vector512.FusedMultiplyAdd(all, column._d, _d));
    }
}

/// <summary>Three registers of AVX2: twelve of them are the sums of four rows of x.</summary>
[StructLayout(LayoutKind.Auto)]
readonly unsafe struct Block24(Vector256<float> a, Vector256<float> b, Vector256<float> c) : IBlock<Block24>
{
    readonly Vector256<float> _a = a, _b = b, _c = c;

    public static int Rows => 24;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Block24 Load(float* numbers) => new(Vector256.Load(numbers), Vector256.Load(numbers + 8), Vector256.Load(numbers + 16));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(float* numbers)
    {
        _a.Store(numbers);
        _b.Store(numbers + 8);
        _c.Store(numbers + 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Block24 Plus(float at, Block24 column)
    {
        var all = Vector256.Create(at);
        return new Block24(
            Vector256.FusedMultiplyAdd(all, column._a, _a), Vector256.FusedMultiplyAdd(all, column._b, _b),
            Vector256.FusedMultiplyAdd(all, column._c, _c));
    }
}
