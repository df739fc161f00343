using System.Security.Cryptography;
using System.Text;

namespace LoraHub.Modules.Versions;

/// <param name="Size">In bytes.</param>
/// <param name="Sha256">In lower-case hexadecimal digits.</param>
public sealed record ModuleFile(string Name, long Size, string Sha256)
{
    /// <summary>Reads and hashes a whole file. Other processes may rename or delete it meanwhile.</summary>
    /// <param name="name">The file's name in the module.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static ModuleFile Read(string path, string name)
    {
        using var content = new FileStream(
            path, new FileStreamOptions { Options = FileOptions.SequentialScan, Share = FileShare.Read | FileShare.Delete, BufferSize = 0 });
        return new ModuleFile(name, content.Length, Convert.ToHexStringLower(SHA256.HashData(content)));
    }
}

/// <summary>The files of a module, and its digest.</summary>
public static class ModuleFiles
{
    public const string Config = "adapter_config.json";

    public const string Weights = "adapter_model.safetensors";

    /// <summary>The weights file of older versions of PEFT.</summary>
    public const string PickledWeights = "adapter_model.bin";

    public const string Card = "README.md";

    /// <summary>The names of a module's files, each with its size limit.</summary>
    public static readonly IReadOnlyDictionary<string, long> MostBytes = new Dictionary<string, long>(StringComparer.Ordinal)
    {
        [Config] = 1L << 20,
        [Weights] = 4L << 30,
        [PickledWeights] = 4L << 30,
        [Card] = 1L << 20,
        [RecordFile.Name] = 4L << 20,
    };

    /// <summary>Whether the file is part of the digest; the card and the record are not.</summary>
    public static bool IsNumbers(string name) => name is Config or Weights or PickledWeights;

    /// <summary>
    /// The digest of a version, in lower-case hexadecimal digits: the output of <c>sha256sum adapter_config.json adapter_model.safetensors |
    /// sha256sum</c> in its folder.
    /// </summary>
    /// <param name="files">At least the configuration and the weights, in any order; others are ignored.</param>
    public static string Digest(IEnumerable<ModuleFile> files)
    {
        var lines = files.Where(file => IsNumbers(file.Name)).OrderBy(file => file.Name, StringComparer.Ordinal)
            .Select(file => $"{file.Sha256}  {file.Name}\n");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(lines))));
    }
}
