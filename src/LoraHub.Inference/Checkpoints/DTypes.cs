using static TorchSharp.torch;

namespace LoraHub.Inference.Checkpoints;

/// <summary>Types by the names that safetensors and torch give them.</summary>
static class DTypes
{
    // In the order in which safetensors lays data out: the widest first, so that every tensor starts on a multiple of its size.
    static readonly (ScalarType DType, string Safetensors, string TorchStorage)[] Known =
    [
        (ScalarType.Int64, "I64", "LongStorage"),
        (ScalarType.Float64, "F64", "DoubleStorage"),
        (ScalarType.Float32, "F32", "FloatStorage"),
        (ScalarType.Int32, "I32", "IntStorage"),
        (ScalarType.BFloat16, "BF16", "BFloat16Storage"),
        (ScalarType.Float16, "F16", "HalfStorage"),
        (ScalarType.Int16, "I16", "ShortStorage"),
        (ScalarType.Int8, "I8", "CharStorage"),
        (ScalarType.Byte, "U8", "ByteStorage"),
        (ScalarType.Bool, "BOOL", "BoolStorage"),
    ];

    public static IEnumerable<string> SafetensorsNames => Known.Select(known => known.Safetensors);

    public static IEnumerable<KeyValuePair<string, ScalarType>> TorchStorages =>
        Known.Select(known => KeyValuePair.Create(known.TorchStorage, known.DType));

    public static ScalarType? FromSafetensors(string name)
    {
        var index = Array.FindIndex(Known, known => known.Safetensors == name);

        return index < 0 ? null : Known[index].DType;
    }

    /// <exception cref="NotSupportedException">safetensors has no such type, or this reader does not know it.</exception>
    public static string ToSafetensors(ScalarType type) => Known[LayoutOrder(type)].Safetensors;

    /// <summary>The place of a type in the data of a safetensors file.</summary>
    /// <exception cref="NotSupportedException">safetensors has no such type, or this reader does not know it.</exception>
    public static int LayoutOrder(ScalarType type)
    {
        var index = Array.FindIndex(Known, known => known.DType == type);

        return index >= 0 ? index : throw new NotSupportedException($"A tensor of type {type} cannot be written as safetensors.");
    }
}
