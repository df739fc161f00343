namespace LoraHub.Bench.Large;

/// <summary>Describes the machine of a run.</summary>
static class Machine
{
    static readonly string[] Known = ["avx512f", "avx512_bf16", "avx_vnni", "avx512_vp2intersect", "amx_bf16"];

    public static string Describe()
    {
        const string Tunables = "GLIBC_TUNABLES";
        var processor = File.ReadLines("/proc/cpuinfo").First(line => line.StartsWith("model name", StringComparison.Ordinal)).Split(':')[1].Trim();
        var flags = File.ReadLines("/proc/cpuinfo").First(line => line.StartsWith("flags", StringComparison.Ordinal)).Split(' ');
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (1L << 30);
        var tunables = Environment.GetEnvironmentVariables()[Tunables] is string set ? $", {Tunables}={set}" : "";
        return $"{processor} ({string.Join(", ", Known.Where(flags.Contains))}), {Environment.ProcessorCount} processors, {memory} GiB, "
            + $"{TorchSharp.torch.get_num_threads()} threads, libtorch {TorchSharp.torch.__version__}{tunables}";
    }
}
