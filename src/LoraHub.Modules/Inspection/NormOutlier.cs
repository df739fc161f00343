using System.Globalization;
using LoraHub.Modules.Versions;

namespace LoraHub.Modules.Inspection;

/// <summary>Tells a module whose update is far larger or smaller than those of the others for its base model: mostly a mistake, sometimes an attack.</summary>
static class NormOutlier
{
    /// <summary>Fewer tell nothing of what is usual.</summary>
    const int FewestOthers = 8;

    /// <summary>In robust standard deviations of the logarithm; the least deviation stands for pools that are nearly alike, so that a factor of 20 passes in any of them.</summary>
    const double Limit = 6, LeastDeviation = 0.5;

    /// <param name="others">The Frobenius norms of the other modules' updates.</param>
    /// <returns>Why it should be looked at before it is used, or null.</returns>
    public static string? Reason(ModuleReport report, IReadOnlyList<double> others)
    {
        double[] logarithms = [.. others.Where(norm => norm > 0).Select(norm => Math.Log(norm)).Order()];
        if (logarithms.Length < FewestOthers || report.Norm <= 0)
        {
            return null;
        }

        var median = Median(logarithms);
        var deviation = 1.4826 * Median([.. logarithms.Select(one => Math.Abs(one - median)).Order()]);
        return Math.Abs(Math.Log(report.Norm) - median) > Limit * Math.Max(deviation, LeastDeviation)
            ? string.Create(CultureInfo.InvariantCulture, $"its update's norm is {report.Norm:0.###e+0}, that of the {logarithms.Length} others for {report.BaseModel} {Math.Exp(median):0.###} in the median.")
            : null;
    }

    static double Median(double[] ordered) => (ordered[(ordered.Length - 1) / 2] + ordered[ordered.Length / 2]) / 2;
}
