using System.Security.Cryptography;
using LoraHub.Core.Modules;
using LoraHub.Storage.Embedded;

namespace LoraHub.Storage.Distributed;

/// <summary>A version of a module: its files, ordered by name. It comes from the server, so it may be anything until <see cref="Problem"/> has seen it.</summary>
sealed record ModuleManifest(string Id, IReadOnlyList<ModuleFile> Files)
{
    const string Config = "adapter_config.json";

    /// <summary>The names that a module's files may have, and the most bytes that each may hold.</summary>
    static readonly Dictionary<string, long> MostBytes = new(StringComparer.Ordinal)
    {
        [Config] = 1L << 20,
        ["adapter_model.safetensors"] = 4L << 30,
        ["adapter_model.bin"] = 4L << 30,
        ["README.md"] = 1L << 20,
    };

    /// <summary>The files of a folder that belong to its module, ordered by name.</summary>
    public static IEnumerable<FileInfo> FilesIn(string folder) => MostBytes.Keys
        .Order(StringComparer.Ordinal).Select(name => new FileInfo(Path.Combine(folder, name))).Where(file => file.Exists);

    /// <summary>Whether the folder holds a module's files.</summary>
    public static bool IsModule(string folder) => IsComplete(FilesIn(folder).Select(file => file.Name));

    /// <summary>Reads the folder's files from their start to their end.</summary>
    public static async Task<ModuleManifest> ReadAsync(string id, string folder, CancellationToken cancellationToken)
    {
        var files = new List<ModuleFile>();
        foreach (var file in FilesIn(folder))
        {
            await using var content = file.OpenRead();
            files.Add(new ModuleFile(file.Name, content.Length, Convert.ToHexStringLower(await SHA256.HashDataAsync(content, cancellationToken))));
        }

        return new ModuleManifest(id, files);
    }

    /// <returns>Why nothing of it may be used, or null when it is a module.</returns>
    public string? Problem()
    {
        if (Id is null || !ModelId.IsValid(Id))
        {
            return "its id is no owner/name.";
        }

        if (Files is null || Files.Count > MostBytes.Count || Files.Any(file => file?.Name is null || !MostBytes.ContainsKey(file.Name)))
        {
            return $"a module's files are called {string.Join(", ", MostBytes.Keys)}.";
        }

        if (Files.Zip(Files.Skip(1)).Any(pair => string.CompareOrdinal(pair.First.Name, pair.Second.Name) >= 0))
        {
            return "its files are not in the order of their names.";
        }

        if (Files.FirstOrDefault(file => file.Size < 0 || file.Size > MostBytes[file.Name]) is { } large)
        {
            return $"its {large.Name} is larger than {MostBytes[large.Name]} bytes.";
        }

        if (Files.Any(file => file.Sha256 is null || !FileBlobStore.IsDigest(file.Sha256)))
        {
            return "its files have no SHA-256.";
        }

        return IsComplete(Files.Select(file => file.Name)) ? null : "it lacks its configuration or its numbers.";
    }

    public bool Equals(ModuleManifest? other) => other is not null && other.Id == Id && other.Files.SequenceEqual(Files);

    public override int GetHashCode() => HashCode.Combine(Id, Files.Count);

    static bool IsComplete(IEnumerable<string> names)
    {
        var all = names.ToArray();
        return all.Contains(Config, StringComparer.Ordinal) && all.Any(name => name.StartsWith("adapter_model.", StringComparison.Ordinal));
    }
}

/// <param name="Size">In bytes.</param>
/// <param name="Sha256">In lower-case hexadecimal digits; what the object on the server is called.</param>
sealed record ModuleFile(string Name, long Size, string Sha256);
