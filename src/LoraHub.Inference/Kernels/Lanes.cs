using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

using TorchSharp;

using static TorchSharp.torch;

namespace LoraHub.Inference.Kernels;

/// <summary>The format of numbers in memory. All arithmetic is in fp32, on <see cref="Lanes.Count"/> numbers at a time.</summary>
unsafe interface INumbers
{
    static abstract Vector512<float> Load(void* numbers, long index);

    static abstract void Store(Vector512<float> value, void* numbers, long index);

    static abstract float LoadOne(void* numbers, long index);

    static abstract void StoreOne(float value, void* numbers, long index);
}

readonly unsafe struct Float32 : INumbers
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(void* numbers, long index) => Vector512.Load((float*)numbers + index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<float> value, void* numbers, long index) => value.Store((float*)numbers + index);

    public static float LoadOne(void* numbers, long index) => ((float*)numbers)[index];

    public static void StoreOne(float value, void* numbers, long index) => ((float*)numbers)[index] = value;
}

/// <summary>The upper half of an fp32 number, rounded to nearest, ties to even. A NaN produced by arithmetic stays a NaN.</summary>
readonly unsafe struct BFloat16 : INumbers
{
    const int Half = 16;
    const uint AlmostHalf = 0x7FFF;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(void* numbers, long index) =>
        (Vector512.WidenLower(Vector256.Load((ushort*)numbers + index).ToVector512Unsafe()) << Half).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<float> value, void* numbers, long index)
    {
        var bits = value.AsUInt32();
        bits = (bits + Vector512.Create(AlmostHalf) + ((bits >>> Half) & Vector512<uint>.One)) >>> Half;
        Vector512.Narrow(bits, bits).GetLower().Store((ushort*)numbers + index);
    }

    public static float LoadOne(void* numbers, long index) => BitConverter.UInt32BitsToSingle((uint)((ushort*)numbers)[index] << Half);

    public static void StoreOne(float value, void* numbers, long index)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        ((ushort*)numbers)[index] = (ushort)((bits + AlmostHalf + ((bits >>> Half) & 1)) >>> Half);
    }
}

/// <summary>Arithmetic on <see cref="Count"/> numbers at a time.</summary>
static class Lanes
{
    public const int Count = 16;

    /// <summary>Whether the loops of this folder can process a tensor: fp32 or bf16, contiguous, in CPU memory.</summary>
    public static bool CanProcess(Tensor tensor) =>
        LibTorch.CanPoint
        && tensor.device_type == DeviceType.CPU && tensor.dtype is ScalarType.Float32 or ScalarType.BFloat16 && tensor.is_contiguous();

    /// <summary>
    /// eˣ, to 2 units in the last place: 2ⁿ·eʳ with |r| ≤ ln 2 / 2, eʳ by Taylor's series. 0 below −87, where results would be slow subnormal
    /// numbers; x is clamped to 88.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Exp(Vector512<float> x)
    {
        // ln 2 in two parts, the first with few enough digits that n times it is exact.
        const float Ln2High = 0.693145751953125f;
        const float Ln2Low = 1.42860682030941723e-6f;
        const int Bias = 127;
        const int MantissaBits = 23;

        var isNothing = Vector512.LessThan(x, Vector512.Create(-87f));
        x = Vector512.MinNative(Vector512.Create(88f), Vector512.MaxNative(Vector512.Create(-87f), x)); // this order preserves NaN
        var n = Vector512.Round(x * Vector512.Create(1.44269504f));
        var r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-Ln2High), x);
        r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-Ln2Low), r);

        var sum = Vector512.Create(1 / 5040f);
        sum = Vector512.FusedMultiplyAdd(sum, r, Vector512.Create(1 / 720f));
        sum = Vector512.FusedMultiplyAdd(sum, r, Vector512.Create(1 / 120f));
        sum = Vector512.FusedMultiplyAdd(sum, r, Vector512.Create(1 / 24f));
        sum = Vector512.FusedMultiplyAdd(sum, r, Vector512.Create(1 / 6f));
        sum = Vector512.FusedMultiplyAdd(sum, r, Vector512.Create(1 / 2f));
        sum = Vector512.FusedMultiplyAdd(sum, r, Vector512<float>.One);
        sum = Vector512.FusedMultiplyAdd(sum, r, Vector512<float>.One);
        sum *= ((Vector512.ConvertToInt32Native(n) + Vector512.Create(Bias)) << MantissaBits).AsSingle();
        return Vector512.AndNot(sum, isNothing);
    }

    /// <summary>The largest lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Max(Vector512<float> x)
    {
        var eight = Vector256.MaxNative(x.GetLower(), x.GetUpper());
        var four = Vector128.MaxNative(eight.GetLower(), eight.GetUpper());
        return MathF.Max(MathF.Max(four[0], four[1]), MathF.Max(four[2], four[3]));
    }
}
