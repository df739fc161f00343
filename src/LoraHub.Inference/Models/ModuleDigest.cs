using System.Security.Cryptography;

using LoraHub.Core.Modules;
using LoraHub.Inference.Checkpoints;

namespace LoraHub.Inference.Models;

/// <summary>The digest of a module as its folder is; see <see cref="ModuleFiles.Digest"/>.</summary>
static class ModuleDigest
{
    /// <summary>Reads the folder's configuration and weights from start to end.</summary>
    /// <returns>64 lower-case hexadecimal digits.</returns>
    /// <exception cref="CheckpointException">There are no weights.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static string Of(string folder) => ModuleFiles.Digest(Files(folder));

    /// <summary>The files that the digest is made of, ordered by name.</summary>
    /// <inheritdoc cref="Of"/>
    public static IReadOnlyList<ModuleFile> Files(string folder) =>
        [.. new[] { Path.Combine(folder, ModuleFiles.Config), Checkpoint.AdapterFile(folder) }.Select(Read).OrderBy(file => file.Name, StringComparer.Ordinal)];

    static ModuleFile Read(string path)
    {
        using var stream = File.OpenRead(path);
        return new ModuleFile(Path.GetFileName(path), stream.Length, Convert.ToHexStringLower(SHA256.HashData(stream)));
    }
}
