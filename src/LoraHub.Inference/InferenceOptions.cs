using System.ComponentModel.DataAnnotations;

namespace LoraHub.Inference;

/// <summary>The dtype of the model's matrices.</summary>
public enum Precision
{
    /// <summary>bf16 where the processor multiplies in it and the model is large, else fp32.</summary>
    Auto,

    /// <summary>The parity mode: the golden numbers hold.</summary>
    Fp32,

    /// <summary>The fast mode. Norms, softmax and loss stay in fp32.</summary>
    Bf16,
}

/// <summary>How predictions are computed.</summary>
public sealed class InferenceOptions
{
    public const string Section = "Inference";

    /// <summary>Where tensors live: <c>cpu</c>, or <c>cuda</c> in a build with <c>-p:TorchBackend=cuda</c>. Default: cpu.</summary>
    [RegularExpression("cpu|cuda(:[0-9]+)?")]
    public string Device { get; init; } = "cpu";

    /// <summary>Default: auto.</summary>
    public Precision Precision { get; init; } = Precision.Auto;

    /// <summary>Threads of a tensor operation. Default: as many as the process may use processors.</summary>
    [Range(1, 1024)]
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Bytes of LoRA modules kept in memory between predictions. Default: 4 GiB, the 196 modules of the paper.</summary>
    [Range(0, long.MaxValue)]
    public long ModuleCacheBytes { get; init; } = 4L << 30;

    /// <summary>Bytes of base models kept in memory between predictions; the one in use is kept whatever its size. Default: 4 GiB.</summary>
    [Range(0, long.MaxValue)]
    public long ModelCacheBytes { get; init; } = 4L << 30;
}
