namespace LoraHub.Formats.Tensors;

/// <summary>
/// The type of a tensor's elements, with torch's names, in the order of data in safetensors files: the widest first, so that every tensor is
/// aligned to its element size.
/// </summary>
public enum DType
{
    Int64,
    Float64,
    Float32,
    Int32,
    BFloat16,
    Float16,
    Int16,
    Int8,
    Byte,
    Bool,
}

/// <summary>Sizes of types and their names in safetensors and torch.</summary>
public static class DTypes
{
    static readonly (string Safetensors, string TorchStorage, int Size)[] Known = // by DType
    [
        ("I64", "LongStorage", 8),
        ("F64", "DoubleStorage", 8),
        ("F32", "FloatStorage", 4),
        ("I32", "IntStorage", 4),
        ("BF16", "BFloat16Storage", 2),
        ("F16", "HalfStorage", 2),
        ("I16", "ShortStorage", 2),
        ("I8", "CharStorage", 1),
        ("U8", "ByteStorage", 1),
        ("BOOL", "BoolStorage", 1),
    ];

    internal static IEnumerable<string> SafetensorsNames => Known.Select(known => known.Safetensors);

    internal static IEnumerable<KeyValuePair<string, DType>> TorchStorages =>
        Known.Select((known, type) => KeyValuePair.Create(known.TorchStorage, (DType)type));

    /// <summary>Bytes of one element.</summary>
    public static int Size(this DType type) => Known[(int)type].Size;

    /// <summary>Whether elements are floating-point numbers, as weights are. Integers are codes of a quantized checkpoint, or no weights.</summary>
    public static bool IsFloatingPoint(this DType type) => type is DType.Float64 or DType.Float32 or DType.BFloat16 or DType.Float16;

    /// <summary>For example <c>F32</c>.</summary>
    public static string SafetensorsName(this DType type) => Known[(int)type].Safetensors;

    internal static DType? FromSafetensors(string name) =>
        Array.FindIndex(Known, known => known.Safetensors == name) is >= 0 and var index ? (DType)index : null;
}
