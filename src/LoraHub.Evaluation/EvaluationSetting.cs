using System.Reflection;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using LoraHub.Inference;
using LoraHub.Modules.Folders;
using LoraHub.Modules.Library;
using LoraHub.Modules.Versions;

namespace LoraHub.Evaluation;

/// <summary>The conditions that all predictions of an evaluation share.</summary>
/// <param name="Pool">The number of usable modules of the base model.</param>
/// <param name="OfOneShape">How many of them have the most common shape.</param>
/// <param name="Stamp">Changes when a file of the base model or of a module is written.</param>
public sealed record EvaluationSetting(string BaseModel, int Pool, int OfOneShape, ResultConditions Conditions, string Stamp)
{
    /// <summary>Reads the files of the base model and of all of its modules.</summary>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static EvaluationSetting Of(ModuleLibrary catalog, InferenceOptions inference)
    {
        var stamp = StampOf(catalog); // first, so that a change while the files are read shows
        var pool = Usable(catalog);
        var text = string.Join('\n', pool.Select(module => $"{module.Id} {module.Layout} {Digest(module)}"));
        return new EvaluationSetting(
            catalog.DefaultBaseModel,
            pool.Length,
            pool.CountBy(module => module.Layout).Select(layout => layout.Value).DefaultIfEmpty().Max(),
            new ResultConditions(
                catalog.Bases.DefaultDigest(),
                Sha256(text),
                $"{Processor()}, {inference.Device}, {inference.Threads} threads, precision {inference.Precision.ToString().ToLowerInvariant()}"
                    + (inference.Decoding == DecodingPrecision.Int8 ? ", answers in int8" : ""),
                Program()),
            stamp);
    }

    /// <summary>Whether the files of the base model and the modules are still those that the conditions are about.</summary>
    public bool Holds(ModuleLibrary catalog) => StampOf(catalog) == Stamp;

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

    /// <summary>Of the files as they are: the digest in a record is of the files as they were.</summary>
    static string? Digest(ModuleVersion module) => module.Folder.Length == 0 ? module.Digest : VersionFolder.Digest(module.Folder);

    static string StampOf(ModuleLibrary catalog)
    {
        var modules = string.Join(
            '\n', catalog.Stamps().OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key} {pair.Value}"));
        var model = catalog.Bases.Find(catalog.DefaultBaseModel) is { } folder ? BaseModels.Stamp(folder) : "";
        return Sha256($"{model}\n{modules}");
    }

    static string Sha256(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    /// <summary>The version and the first digits of the commit, for a build from a repository.</summary>
    static string Program()
    {
        const int CommitDigits = 12;
        var version = typeof(EvaluationSetting).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
        return version.Split('+') is [var number, var commit] ? $"{number}+{commit[..Math.Min(CommitDigits, commit.Length)]}" : version;
    }
}
