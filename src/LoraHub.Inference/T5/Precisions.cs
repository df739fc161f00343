using static TorchSharp.torch;

namespace LoraHub.Inference.T5;

/// <summary>Chooses the dtype of a model's matrices.</summary>
static class Precisions
{
    // Smaller models do not spend most of their time on matrix products.
    const long LargeModel = 200_000_000;

    public static ScalarType Choose(Precision precision, long parameters, Device device) => precision switch
    {
        Precision.Fp32 => ScalarType.Float32,
        Precision.Bf16 => ScalarType.BFloat16,
        _ => parameters >= LargeModel && MultipliesInBf16(device) ? ScalarType.BFloat16 : ScalarType.Float32,
    };

    static bool MultipliesInBf16(Device device)
    {
        const string Processor = "/proc/cpuinfo";

        return device.type == TorchSharp.DeviceType.CUDA
            || (File.Exists(Processor) && File.ReadLines(Processor).Any(line =>
                line.StartsWith("flags", StringComparison.Ordinal) && (line.Contains("avx512_bf16") || line.Contains("amx_bf16"))));
    }
}
