using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using LoraHub.Inference;
using LoraHub.Modules.Library;
using LoraHub.Modules.Versions;

namespace LoraHub.Evaluation;

/// <summary>The conditions that all predictions of an evaluation share.</summary>
/// <param name="BaseDigest">SHA-256 of the base model's files.</param>
/// <param name="Pool">The number of usable modules of the base model.</param>
/// <param name="OfOneShape">How many of them have the most common shape.</param>
/// <param name="PoolDigest">SHA-256 of the modules' ids and shapes.</param>
/// <param name="Machine">A description of the machine: processor, system, device, threads and precision.</param>
public sealed record EvaluationSetting(string BaseModel, string BaseDigest, int Pool, int OfOneShape, string PoolDigest, string Machine)
{
    public static EvaluationSetting Of(ModuleLibrary catalog, InferenceOptions inference)
    {
        var pool = Usable(catalog);
        var text = string.Join('\n', pool.Select(module => $"{module.Id} {module.Layout}"));
        return new EvaluationSetting(
            catalog.DefaultBaseModel,
            catalog.Bases.DefaultDigest(),
            pool.Length,
            pool.CountBy(module => module.Layout).Select(layout => layout.Value).DefaultIfEmpty().Max(),
            Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))),
            $"{Processor()}, {inference.Device}, {inference.Threads} threads, precision {inference.Precision.ToString().ToLowerInvariant()}");
    }

    public static ModuleVersion[] Usable(ModuleLibrary catalog) =>
        [.. catalog.List().Where(module => module.Problem is null && module.BaseModel == catalog.DefaultBaseModel)];

    static string Processor()
    {
        const string File = "/proc/cpuinfo", Field = "model name";
        var name = System.IO.File.Exists(File)
            ? System.IO.File.ReadLines(File).FirstOrDefault(line => line.StartsWith(Field, StringComparison.Ordinal))?.Split(':', 2)[1].Trim()
            : null;
        name ??= RuntimeInformation.ProcessArchitecture.ToString();
        return $"{name} ({Environment.ProcessorCount} processors), {RuntimeInformation.OSDescription}";
    }
}
