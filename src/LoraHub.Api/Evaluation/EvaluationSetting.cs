using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using LoraHub.Core.Modules;
using LoraHub.Inference;

namespace LoraHub.Api.Evaluation;

/// <summary>What all predictions of an evaluation have in common.</summary>
/// <param name="BaseDigest">Of the model's bytes.</param>
/// <param name="Pool">The base model's modules that can be used.</param>
/// <param name="OfOneShape">How many of them have the most common shape.</param>
/// <param name="PoolDigest">SHA-256 of the modules' ids and shapes.</param>
/// <param name="Machine">In words, with what it computes on.</param>
sealed record EvaluationSetting(string BaseModel, string BaseDigest, int Pool, int OfOneShape, string PoolDigest, string Machine)
{
    public static EvaluationSetting Of(IModuleCatalog catalog, InferenceOptions inference)
    {
        var pool = Usable(catalog);
        var text = string.Join('\n', pool.Select(module => $"{module.Id} {module.Layout}"));
        return new EvaluationSetting(
            catalog.DefaultBaseModel,
            catalog.DigestBaseModel(),
            pool.Length,
            pool.CountBy(module => module.Layout).Select(layout => layout.Value).DefaultIfEmpty().Max(),
            Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))),
            $"{Processor()}, {inference.Device}, {inference.Threads} threads, precision {inference.Precision.ToString().ToLowerInvariant()}");
    }

    public static ModuleInfo[] Usable(IModuleCatalog catalog) =>
        [.. catalog.List().Where(module => module.Problem is null && module.BaseModel == catalog.DefaultBaseModel)];

    static string Processor()
    {
        const string File = "/proc/cpuinfo", Field = "model name";
        var name = System.IO.File.Exists(File)
            ? System.IO.File.ReadLines(File).FirstOrDefault(line => line.StartsWith(Field, StringComparison.Ordinal))?.Split(':', 2)[1].Trim()
            : null;
        return $"{name ?? RuntimeInformation.ProcessArchitecture.ToString()} ({Environment.ProcessorCount} processors), {RuntimeInformation.OSDescription}";
    }
}
