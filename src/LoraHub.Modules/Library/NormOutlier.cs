using System.Globalization;
using LoraHub.Modules.Versions;

namespace LoraHub.Modules.Library;

/// <summary>
/// Detects a module whose update is far larger or smaller than those of the other modules for its base model, or of all modules if those are few.
/// Usually it is a mistake, sometimes an attack. A module without any effect is one, too, whatever the others are.
/// </summary>
static class NormOutlier
{
    /// <summary>With fewer other modules, nothing is compared.</summary>
    const int FewestOthers = 8;

    /// <summary>In robust standard deviations of the logarithm.</summary>
    const double Limit = 6;

    /// <summary>
    /// The lower bound of the deviation, so that among nearly equal modules a factor of 20 is still accepted; across base models, whose layers differ
    /// in size, a factor of 1,300.
    /// </summary>
    const double LeastDeviation = 0.5, LeastDeviationOfAll = 1.2;

    /// <param name="others">The other modules, for any base model.</param>
    /// <returns>Why it should be reviewed before it is used, or null.</returns>
    public static string? Reason(ModuleReport report, IReadOnlyList<ModuleUpdate> others)
    {
        if (report.Norm == 0)
        {
            return "its update is zero, so it changes nothing: lora_alpha, or one of the two matrices of every layer, is zero.";
        }

        double[] own = Logarithms(others.Where(other => other.BaseModel == report.BaseModel)), all = Logarithms(others);
        return own.Length >= FewestOthers ? Reason(report, own, LeastDeviation, $"for {report.BaseModel}")
            : all.Length >= FewestOthers ? Reason(report, all, LeastDeviationOfAll, "here")
            : null;
    }

    static double[] Logarithms(IEnumerable<ModuleUpdate> updates) =>
        [.. updates.Where(update => update.Norm > 0).Select(update => Math.Log(update.Norm)).Order()];

    static string? Reason(ModuleReport report, double[] logarithms, double leastDeviation, string of)
    {
        var median = Median(logarithms);
        var deviation = 1.4826 * Median([.. logarithms.Select(logarithm => Math.Abs(logarithm - median)).Order()]);
        return Math.Abs(Math.Log(report.Norm) - median) > Limit * Math.Max(deviation, leastDeviation)
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"the norm of its update is {report.Norm:0.###e+0}; the median of the {logarithms.Length} others {of} is {Math.Exp(median):0.###}.")
            : null;
    }

    static double Median(double[] ordered) => (ordered[(ordered.Length - 1) / 2] + ordered[ordered.Length / 2]) / 2;
}
