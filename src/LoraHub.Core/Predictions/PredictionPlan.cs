using LoraHub.Core.Predictions.Inputs;

namespace LoraHub.Core.Predictions;

/// <summary>
/// What a worker does for a prediction, fixed when it is created: changes to the pool while the prediction waits do not affect it. It is stored
/// and sent as JSON until the prediction has ended.
/// </summary>
/// <param name="Input">Validated, with defaults filled in.</param>
/// <param name="Seed">The input's seed, or the one drawn.</param>
/// <param name="Modules">
/// The versions to compose, or the candidates when the examples select modules; in the order of the weights. At least one.
/// </param>
public sealed record PredictionPlan(PredictionInput Input, long Seed, IReadOnlyList<ModuleUse> Modules)
{
    /// <summary>What the client should know about its request, for the beginning of the log: one line each.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}
