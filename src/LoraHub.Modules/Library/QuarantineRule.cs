using LoraHub.Core.Threading;
using LoraHub.Modules.Inspection;
using LoraHub.Modules.Versions;

namespace LoraHub.Modules.Library;

/// <summary>
/// Quarantines a published module if the same update is quarantined already, under any name or file format, or if its norm is unusual.
/// </summary>
/// <param name="index">Null on the command line, which has no index; the folders are read instead.</param>
sealed class QuarantineRule(ModuleLibrary library, ModuleInspector inspector, IModuleIndex? index = null)
{
    /// <summary>Without an index, at most this many folders without a record are measured for the comparison.</summary>
    const int MostMeasured = 32;

    /// <summary>Updates with a higher cosine are the same: a different scaling or file layout, or a few changed numbers.</summary>
    const double SameUpdate = 0.999;

    /// <param name="comparesNorm">False for a version whose origin is known: after a short training, the norm of its update is small.</param>
    /// <returns>Why it should be reviewed before it is used, or null.</returns>
    public async Task<string?> ReasonAsync(ModuleVersion version, bool comparesNorm, CancellationToken cancellationToken)
    {
        if (library.VersionsOf(version.Digest!).FirstOrDefault(same => same.Quarantine is not null) is { } quarantined)
        {
            return quarantined.Quarantine; // the index need not know yet of what the command line has quarantined
        }

        var known = index is null
            ? await OwnThread.RunAsync(() => Read(cancellationToken), cancellationToken)
            : await index.UpdatesAsync(cancellationToken);
        var report = version.Report!;
        return known.FirstOrDefault(other => other.Quarantine is not null && IsSame(version.Digest!, report, other))?.Quarantine
            ?? (comparesNorm
                ? NormOutlier.Reason(report, [.. known.Where(other => other.Quarantine is null && other.Digest != version.Digest)])
                : null);
    }

    static bool IsSame(string digest, ModuleReport report, ModuleUpdate other) =>
        other.Digest == digest || (other.Sketch is { } sketch && SketchCosine.Of(report.Sketch, sketch) > SameUpdate);

    List<ModuleUpdate> Read(CancellationToken cancellationToken)
    {
        var (updates, measured) = (new List<ModuleUpdate>(), 0);
        foreach (var module in library.List().Where(module => module.Defect is null))
        {
            var report = module.Report ?? (measured++ < MostMeasured ? Measure(module, cancellationToken) : null);
            if (report is not null)
            {
                updates.Add(new ModuleUpdate(module.Id, module.Digest ?? "", report.BaseModel, report.Norm, module.Quarantine, report.Sketch));
            }
        }

        // An admin may have quarantined an earlier version of any module.
        updates.AddRange(updates.Select(update => update.Id).ToArray().SelectMany(library.EarlierVersions)
            .Where(earlier => earlier is { Quarantine: not null, Report: not null })
            .Select(earlier => new ModuleUpdate(
                earlier.Id, earlier.Digest!, earlier.BaseModel, earlier.Report!.Norm, earlier.Quarantine, earlier.Report.Sketch)));
        return updates;
    }

    ModuleReport? Measure(ModuleVersion module, CancellationToken cancellationToken)
    {
        try
        {
            return inspector.Inspect(module.Folder, cancellationToken);
        }
        catch (Exception exception) when (exception is ModuleRefusedException or IOException or UnauthorizedAccessException)
        {
            return null; // not part of the comparison
        }
    }
}
