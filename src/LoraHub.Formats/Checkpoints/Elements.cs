using System.Numerics;
using System.Runtime.InteropServices;

using LoraHub.Formats.Tensors;

namespace LoraHub.Formats.Checkpoints;

/// <summary>Converts a checkpoint's little-endian elements to floating-point numbers.</summary>
static class Elements
{
    /// <param name="bytes">Whole elements.</param>
    /// <param name="numbers">At least as long as the number of elements.</param>
    public static void Convert<T>(DType type, ReadOnlySpan<byte> bytes, Span<T> numbers)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        switch (type)
        {
            case DType.Float64: Cast<double, T>(bytes, numbers); break;
            case DType.Float32: Cast<float, T>(bytes, numbers); break;
            case DType.Float16: Cast<Half, T>(bytes, numbers); break;
            case DType.BFloat16: FromBFloat16(bytes, numbers); break;
            case DType.Int64: Cast<long, T>(bytes, numbers); break;
            case DType.Int32: Cast<int, T>(bytes, numbers); break;
            case DType.Int16: Cast<short, T>(bytes, numbers); break;
            case DType.Int8: Cast<sbyte, T>(bytes, numbers); break;
            default: Cast<byte, T>(bytes, numbers); break;
        }
    }

    static void Cast<TFrom, T>(ReadOnlySpan<byte> bytes, Span<T> numbers)
        where TFrom : unmanaged, INumberBase<TFrom>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var elements = MemoryMarshal.Cast<byte, TFrom>(bytes);
        for (var i = 0; i < elements.Length; i++)
        {
            numbers[i] = T.CreateTruncating(elements[i]);
        }
    }

    // bfloat16 is the upper half of a float.
    static void FromBFloat16<T>(ReadOnlySpan<byte> bytes, Span<T> numbers)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var elements = MemoryMarshal.Cast<byte, ushort>(bytes);
        for (var i = 0; i < elements.Length; i++)
        {
            numbers[i] = T.CreateTruncating(BitConverter.UInt32BitsToSingle((uint)elements[i] << 16));
        }
    }
}
