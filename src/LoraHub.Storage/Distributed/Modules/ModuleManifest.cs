using System.Text.Json.Serialization;
using LoraHub.Core;
using LoraHub.Modules.Folders;
using LoraHub.Modules.Versions;

namespace LoraHub.Storage.Distributed.Modules;

/// <summary>A published module: its current version and the earlier ones. Untrusted until <see cref="Problem()"/> has checked it.</summary>
/// <param name="Files">The files of the current version, ordered by name.</param>
/// <param name="Earlier">Ordered by digest; null for none.</param>
/// <param name="Life">The revision of the removal that it was published after; 0 when the name was never removed.</param>
sealed record ModuleManifest(string Id, IReadOnlyList<ModuleFile> Files, IReadOnlyList<EarlierVersion>? Earlier = null, ulong Life = 0)
{
    /// <summary>A message has room for some more.</summary>
    public const int MostEarlier = 500;

    /// <summary>The files of all versions.</summary>
    [JsonIgnore]
    public IEnumerable<ModuleFile> AllFiles => (Earlier ?? []).SelectMany(version => version.Files).Concat(Files);

    /// <returns>Why nothing of it may be used, or null when it is a module.</returns>
    public string? Problem()
    {
        if (Id is null || !ModelId.IsValid(Id))
        {
            return "its id is not owner/name.";
        }

        return Earlier?.Count > MostEarlier
            ? $"it has more than {MostEarlier} earlier versions."
            : (Earlier ?? []).Select(version => version?.Files).Prepend(Files).Select(Problem).FirstOrDefault(problem => problem is not null);
    }

    public bool Equals(ModuleManifest? other) =>
        other is not null && other.Id == Id && other.Life == Life
        && other.Files.SequenceEqual(Files) && (other.Earlier ?? []).SequenceEqual(Earlier ?? []);

    public override int GetHashCode() => HashCode.Combine(Id, Files.Count);

    static string? Problem(IReadOnlyList<ModuleFile>? files)
    {
        if (files is null || files.Count > ModuleFiles.MostBytes.Count
            || files.Any(file => file?.Name is null || !ModuleFiles.MostBytes.ContainsKey(file.Name)))
        {
            return $"a module's files are called {string.Join(", ", ModuleFiles.MostBytes.Keys)}.";
        }

        if (files.Zip(files.Skip(1)).Any(pair => string.CompareOrdinal(pair.First.Name, pair.Second.Name) >= 0))
        {
            return "its files are not in the order of their names.";
        }

        if (files.FirstOrDefault(file => file.Size < 0 || file.Size > ModuleFiles.MostBytes[file.Name]) is { } large)
        {
            return $"its {large.Name} is larger than {ModuleFiles.MostBytes[large.Name]} bytes.";
        }

        if (files.Any(file => file.Sha256 is null || !Digest.IsValid(file.Sha256)))
        {
            return "its files have no SHA-256.";
        }

        return VersionFolder.IsComplete(files.Select(file => file.Name)) ? null : "it lacks its configuration or its numbers.";
    }
}

/// <param name="Files">Ordered by name.</param>
sealed record EarlierVersion(IReadOnlyList<ModuleFile> Files)
{
    public bool Equals(EarlierVersion? other) => other is not null && other.Files.SequenceEqual(Files);

    public override int GetHashCode() => Files.Count;
}
