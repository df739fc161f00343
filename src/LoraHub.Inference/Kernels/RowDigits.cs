using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace LoraHub.Inference.Kernels;

/// <summary>Rows of x as whole numbers of two digits, as <see cref="RoundedProduct"/> reads them.</summary>
static unsafe class RowDigits
{
    // Two digits of 7 bits: with 8, two products of a digit and a number of the matrix would not fit into AVX2's 16 bits.
    public const int Bits = 7;
    const int Largest = (1 << ((2 * Bits) - 1)) - 1;

    /// <summary>Makes whole numbers positive.</summary>
    public const int Offset = Largest + 1;

    /// <summary>Writes the upper digits of four columns, then the lower ones, then those of the next four.</summary>
    /// <returns>The row's scale.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Split<T>(void* x, long first, int count, int fours, byte* to)
        where T : struct, INumbers
    {
        var mosts = Vector512<float>.Zero;
        var whole16 = count / Lanes.Count * Lanes.Count;
        for (var i = 0; i < whole16; i += Lanes.Count)
        {
            mosts = Vector512.Max(mosts, Vector512.Abs(T.Load(x, first + i))); // NaN stays
        }

        var most = 0f;
        for (var i = 0; i < Lanes.Count; i++)
        {
            most = MathF.Max(most, mosts[i]);
        }

        for (var i = whole16; i < count; i++)
        {
            most = MathF.Max(most, MathF.Abs(T.LoadOne(x, first + i)));
        }

        var scale = most / Largest;
        var inverse = most > 0 ? 1 / scale : 0;
        for (var i = 0; i < whole16; i += Lanes.Count)
        {
            var wholes = Vector512.ConvertToInt32Native(Vector512.Round(T.Load(x, first + i) * inverse)) + Vector512.Create(Offset);
            var upper = Bytes(wholes >> Bits);
            var lower = Bytes(wholes & Vector512.Create((1 << Bits) - 1));
            Sse2.UnpackLow(upper, lower).Store((int*)(to + (2 * i)));
            Sse2.UnpackHigh(upper, lower).Store((int*)(to + (2 * i) + 16));
        }

        for (var i = whole16; i < fours * RoundedMatrix.Together; i++)
        {
            var whole = Offset + (i < count ? (int)MathF.Round(T.LoadOne(x, first + i) * inverse) : 0);
            var place = (i / RoundedMatrix.Together * 2 * RoundedMatrix.Together) + (i % RoundedMatrix.Together);
            to[place] = (byte)(whole >> Bits);
            to[place + RoundedMatrix.Together] = (byte)(whole & ((1 << Bits) - 1));
        }

        return scale;
    }

    /// <summary>Sixteen digits as four times four.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector128<int> Bytes(Vector512<int> digits)
    {
        var shorts = Vector256.Narrow(digits.GetLower(), digits.GetUpper());
        return Vector128.Narrow(shorts.GetLower(), shorts.GetUpper()).AsInt32();
    }
}
