using System.Security.Cryptography;
using System.Text;

namespace LoraHub.Core.Modules;

/// <param name="Size">In bytes.</param>
/// <param name="Sha256">In lower-case hexadecimal digits.</param>
public sealed record ModuleFile(string Name, long Size, string Sha256);

/// <summary>What a module's folder may hold, and what its digest is made of.</summary>
public static class ModuleFiles
{
    public const string Config = "adapter_config.json";

    public const string Weights = "adapter_model.safetensors";

    /// <summary>What older PEFT writes in the place of <see cref="Weights"/>.</summary>
    public const string PickledWeights = "adapter_model.bin";

    public const string Card = "README.md";

    /// <summary>In the models folder: an earlier version of a module lies in <c>.versions/OWNER/NAME/DIGEST</c>. No owner's name begins with a dot.</summary>
    public const string EarlierVersions = ".versions";

    /// <summary>The names that a module's files may have, and the most bytes that each may hold.</summary>
    public static readonly IReadOnlyDictionary<string, long> MostBytes = new Dictionary<string, long>(StringComparer.Ordinal)
    {
        [Config] = 1L << 20,
        [Weights] = 4L << 30,
        [PickledWeights] = 4L << 30,
        [Card] = 1L << 20,
        [ModuleRecord.FileName] = 4L << 20,
    };

    /// <summary>Whether the file is part of the module's bytes; its card and its record are said of them.</summary>
    public static bool IsNumbers(string name) => name is Config or Weights or PickledWeights;

    /// <summary>Reads the files that a folder's digest is made of from start to end, ordered by name: where there are both forms of the weights, those that are loaded.</summary>
    /// <exception cref="IOException">One cannot be read.</exception>
    public static async Task<IReadOnlyList<ModuleFile>> ReadAsync(string folder, CancellationToken cancellationToken)
    {
        var files = new List<ModuleFile>();
        foreach (var file in NumbersIn(folder))
        {
            await using var content = file.OpenRead();
            files.Add(new ModuleFile(file.Name, content.Length, Convert.ToHexStringLower(await SHA256.HashDataAsync(content, cancellationToken))));
        }

        return files;
    }

    /// <summary>The configuration and the weights that a folder has, ordered by name.</summary>
    public static IEnumerable<FileInfo> NumbersIn(string folder) =>
        new[] { Find(folder, Config), Find(folder, Weights) ?? Find(folder, PickledWeights) }.OfType<FileInfo>();

    /// <summary>
    /// The digest of a version: SHA-256 of what <c>sha256sum adapter_config.json adapter_model.safetensors</c> prints, in lower-case hexadecimal digits. So
    /// <c>sha256sum adapter_config.json adapter_model.safetensors | sha256sum</c> in its folder tells whether a module is that version.
    /// </summary>
    /// <param name="files">At least the configuration and the weights, in any order; others do not count.</param>
    public static string Digest(IEnumerable<ModuleFile> files)
    {
        var lines = files.Where(file => IsNumbers(file.Name)).OrderBy(file => file.Name, StringComparer.Ordinal).Select(file => $"{file.Sha256}  {file.Name}\n");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(lines))));
    }

    static FileInfo? Find(string folder, string name) => new FileInfo(Path.Combine(folder, name)) is { Exists: true } file ? file : null;
}
