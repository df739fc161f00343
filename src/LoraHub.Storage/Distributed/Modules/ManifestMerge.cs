using LoraHub.Modules.Versions;

namespace LoraHub.Storage.Distributed.Modules;

/// <summary>What is to be published of a module when this process has changed it, and another may have too. Versions only come together; none is lost but by a removal.</summary>
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
            // A quarantine that another process has set meanwhile is not lifted by one that has not heard of it.
            if (!versions.ContainsKey(Digest(version)) || !version.Equals(compared.GetValueOrDefault(Digest(version))))
            {
                versions[Digest(version)] = version;
            }
        }

        versions.Remove(ModuleFiles.Digest(current));
        var earlier = versions.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => pair.Value).Take(ModuleManifest.MostEarlier).ToArray();
        return local with { Files = current, Earlier = earlier.Length > 0 ? earlier : null, Life = known.Life };
    }

    static string Digest(EarlierVersion version) => ModuleFiles.Digest(version.Files);

    /// <summary>The version that the name points to, when it came in by the hub: what people change by hand is not kept for ever.</summary>
    static IEnumerable<EarlierVersion> Recorded(ModuleManifest manifest)
    {
        if (manifest.Files.Any(file => file.Name == RecordFile.Name))
        {
            yield return new EarlierVersion(manifest.Files);
        }
    }
}
