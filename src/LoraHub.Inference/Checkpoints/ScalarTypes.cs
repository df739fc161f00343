using LoraHub.Formats.Tensors;

using static TorchSharp.torch;

namespace LoraHub.Inference.Checkpoints;

/// <summary>Converts between the types of checkpoints and of torch.</summary>
public static class ScalarTypes
{
    static readonly ScalarType[] ByDType =
    [
        ScalarType.Int64, ScalarType.Float64, ScalarType.Float32, ScalarType.Int32, ScalarType.BFloat16,
        ScalarType.Float16, ScalarType.Int16, ScalarType.Int8, ScalarType.Byte, ScalarType.Bool,
    ];

    public static ScalarType ToScalarType(this DType type) => ByDType[(int)type];

    /// <exception cref="NotSupportedException">Checkpoints do not support the type.</exception>
    public static DType ToDType(this ScalarType type) =>
        Array.IndexOf(ByDType, type) is >= 0 and var index
            ? (DType)index
            : throw new NotSupportedException($"A tensor of type {type} cannot be written as safetensors.");
}
