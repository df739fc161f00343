using LoraHub.Core.Threading;
using LoraHub.Modules.Inspection;
using LoraHub.Modules.Versions;

namespace LoraHub.Modules.Library;

/// <summary>Which publications go into quarantine: what is in it already, under whatever name and file, and updates of an unusual norm.</summary>
/// <param name="index">Null where no index is kept: on the command line. Then the folders are read.</param>
sealed class QuarantineRule(ModuleLibrary library, ModuleInspector inspector, IModuleIndex? index = null)
{
    /// <summary>So many folders without a record are measured where no index knows them: enough to tell what is usual.</summary>
    const int MostMeasured = 32;

    /// <summary>Another scaling, layout of the file or a few changed numbers are still the same update.</summary>
    const double SameUpdate = 0.999;

    /// <returns>Why it should be looked at before it is used, or null.</returns>
    public async Task<string?> ReasonAsync(ModuleVersion version, CancellationToken cancellationToken)
    {
        var known = index is null
            ? await OwnThread.RunAsync(() => Read(cancellationToken), cancellationToken)
            : await index.UpdatesAsync(cancellationToken);
        var report = version.Report!;
        return known.FirstOrDefault(other => other.Quarantine is not null && IsSame(version.Digest!, report, other))?.Quarantine
            ?? NormOutlier.Reason(report, [.. known.Where(other => other.Quarantine is null && other.Digest != version.Digest)]);
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

        // An admin may have put an earlier version of any name into quarantine.
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
            return null; // it tells nothing of what is usual
        }
    }
}
