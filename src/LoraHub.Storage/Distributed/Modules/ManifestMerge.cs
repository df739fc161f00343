using LoraHub.Modules.Versions;

namespace LoraHub.Storage.Distributed.Modules;

/// <summary>Merges a module that this process changed with the published one. Versions are only added; only a removal deletes them.</summary>
static class ManifestMerge
{
    /// <param name="local">As the folders are.</param>
    /// <param name="mark">As they were when they were last compared with the server's, or null when they never were.</param>
    /// <param name="known">As it is published, or null.</param>
    public static ModuleManifest Of(ModuleManifest local, ModuleManifest? mark, ModuleManifest? known)
    {
        if (known is null)
        {
            return local;
        }

        var isOurs = mark is null || !mark.Files.SequenceEqual(local.Files);
        var current = isOurs ? local.Files : known.Files;
        var versions = (known.Earlier ?? []).Concat(Recorded(known)).ToDictionary(Digest, version => version, StringComparer.Ordinal);
        var compared = (mark?.Earlier ?? []).ToDictionary(Digest, version => version, StringComparer.Ordinal);
        foreach (var version in (local.Earlier ?? []).Concat(Recorded(local)))
        {
            // A process that does not know of a quarantine does not lift it.
            if (!versions.ContainsKey(Digest(version)) || !version.Equals(compared.GetValueOrDefault(Digest(version))))
            {
                versions[Digest(version)] = version;
            }
        }

        versions.Remove(ModuleFiles.Digest(current));
        var earlier = versions.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => pair.Value)
            .Take(ModuleManifest.MostEarlier).ToArray();
        return local with { Files = current, Earlier = earlier.Length > 0 ? earlier : null, Life = known.Life };
    }

    static string Digest(EarlierVersion version) => ModuleFiles.Digest(version.Files);

    /// <summary>The current version, if it has a record: versions that people change by hand are not kept as earlier ones.</summary>
    static IEnumerable<EarlierVersion> Recorded(ModuleManifest manifest)
    {
        if (manifest.Files.Any(file => file.Name == RecordFile.Name))
        {
            yield return new EarlierVersion(manifest.Files);
        }
    }
}
