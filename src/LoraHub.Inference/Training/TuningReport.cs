using LoraHub.Core.Predictions;

namespace LoraHub.Inference.Training;

/// <summary>What a training did, for its files.</summary>
/// <param name="Start">The version that it started from (<c>owner/name@digest</c>), "a composition", or null for a new LoRA.</param>
/// <param name="Rank">The largest rank of a layer.</param>
/// <param name="Targets">The trained layers by the ends of their names.</param>
/// <param name="BatchSize">Examples in a step.</param>
/// <param name="PlannedSteps">It may have ended earlier.</param>
/// <param name="Taken">The step whose factors are the result.</param>
/// <param name="Loss">On the validation lines; null without such.</param>
/// <param name="Accuracy">Exact match on validation lines; null without such.</param>
/// <param name="Answered">The number of validation lines that were answered for <paramref name="Accuracy"/>.</param>
sealed record TuningReport(
    string? Start,
    int Rank,
    double Alpha,
    IReadOnlyList<string> Targets,
    TuningData Data,
    int Cut,
    int BatchSize,
    int PlannedSteps,
    int Taken,
    TuningCurve Curve,
    LossReport? Loss,
    AccuracyReport? Accuracy,
    int Answered);
