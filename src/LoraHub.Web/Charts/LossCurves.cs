using LoraHub.Core.Predictions;

namespace LoraHub.Web.Charts;

/// <summary>The parts of a run's progress, whose losses cannot be compared. Any may be empty.</summary>
/// <param name="Search">The objective of the evaluations of a search.</param>
/// <param name="Tuning">The token loss of the gradient steps on its result.</param>
/// <param name="Steps">The loss of the steps of a training.</param>
public sealed record LossCurves(IReadOnlyList<RunProgress> Search, IReadOnlyList<RunProgress> Tuning, IReadOnlyList<RunProgress> Steps)
{
    public static LossCurves Of(IReadOnlyList<RunProgress> curve) =>
        new(
            [.. curve.Where(point => point.IsSearch)],
            [.. curve.Where(point => point.IsTuning)],
            [.. curve.Where(point => !point.IsSearch && !point.IsTuning)]);
}
