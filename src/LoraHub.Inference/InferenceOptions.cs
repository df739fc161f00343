using System.ComponentModel.DataAnnotations;
using System.Runtime.Intrinsics.X86;

namespace LoraHub.Inference;

/// <summary>The dtype of the model's matrices.</summary>
public enum Precision
{
    /// <summary>bf16 where the model is large and the processor multiplies in it, else fp32.</summary>
    Auto,

    /// <summary>The parity mode: the reference's numbers hold.</summary>
    Fp32,

    /// <summary>The fast mode. Norms, softmax and loss stay in fp32.</summary>
    Bf16,
}

/// <summary>The numbers of the matrices that answers are decoded with.</summary>
public enum DecodingPrecision
{
    /// <summary>Those of the search.</summary>
    Auto,

    /// <summary>8 bits and a scale for each row, kept beside those of the search.</summary>
    Int8,
}

/// <summary>How predictions are computed: device, precision, threads, memory.</summary>
public sealed class InferenceOptions : IValidatableObject
{
    public const string Section = "Inference";

    /// <summary>The device that holds the tensors: <c>cpu</c>, or <c>cuda</c> in a build with <c>-p:TorchBackend=cuda</c>. Default: cpu.</summary>
    [RegularExpression("cpu|cuda(:[0-9]+)?", ErrorMessage = "use `cpu`, `cuda` or `cuda:1`")]
    public string Device { get; init; } = "cpu";

    /// <summary>
    /// The dtype of the model's matrices. <c>fp32</c> is the parity mode, <c>bf16</c> the fast mode; <c>auto</c> takes bf16 where the model is large
    /// and the processor
    /// multiplies in it. Default: auto.
    /// </summary>
    [EnumDataType(typeof(Precision))]
    public Precision Precision { get; init; } = Precision.Auto;

    /// <summary>
    /// The numbers of the decoder's matrices while answers are generated. <c>auto</c> takes the search's; <c>int8</c> keeps rounded ones beside them,
    /// which is faster for a large model, takes more memory, and changes some answers. Not where <c>Inference:Precision</c> is <c>fp32</c>, nor on a
    /// GPU. Default: auto.
    /// </summary>
    [EnumDataType(typeof(DecodingPrecision))]
    public DecodingPrecision Decoding { get; init; } = DecodingPrecision.Auto;

    /// <summary>Threads of a tensor operation. Default: the processors that the process may use, as .NET counts them.</summary>
    [Range(1, 1024)]
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Memory for LoRA modules that stay loaded between predictions, in bytes. Default: 4 GiB, enough for the paper's 196 modules.</summary>
    [Range(0, long.MaxValue)]
    public long ModuleCacheBytes { get; init; } = 4L << 30;

    /// <summary>
    /// Memory for base models that stay loaded between predictions, in bytes. The model in use stays, whatever its size. Default: 4 GiB.
    /// </summary>
    [Range(0, long.MaxValue)]
    public long ModelCacheBytes { get; init; } = 4L << 30;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        var problem = Decoding != DecodingPrecision.Int8 ? null
            : Precision == Precision.Fp32 ? $"{Section}:{nameof(Precision)} is `fp32`, which promises the reference's answers"
            : Device != "cpu" ? $"{Section}:{nameof(Device)} is `{Device}`"
            : !Avx2.IsSupported ? "the processor lacks AVX2"
            : null;
        return problem is null
            ? []
            : [new ValidationResult($"{Section}:{nameof(Decoding)} is `int8`, but {problem}; set it to `auto`.", [nameof(Decoding)])];
    }
}
