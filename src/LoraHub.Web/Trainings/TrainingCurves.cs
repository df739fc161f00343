using LoraHub.Core.Predictions;

namespace LoraHub.Web.Trainings;

/// <summary>The two parts of a training's progress: the search of a composition, and the steps by gradient. Either may be empty.</summary>
public sealed record TrainingCurves(IReadOnlyList<RunProgress> Search, IReadOnlyList<RunProgress> Steps)
{
    public static TrainingCurves Of(IReadOnlyList<RunProgress> curve) =>
        new([.. curve.Where(point => point.IsSearch)], [.. curve.Where(point => !point.IsSearch)]);
}
