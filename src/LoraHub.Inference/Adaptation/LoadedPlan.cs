using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Inference.Lora;
using LoraHub.Inference.Models;

namespace LoraHub.Inference.Adaptation;

/// <summary>A plan with its base model and modules in memory.</summary>
/// <param name="Base">Borrowed.</param>
/// <param name="Modules">In the order of the weights; borrowed. Before a screening by slopes none.</param>
/// <param name="Select">Selects modules for an input with other examples, as this plan's were selected for its own; borrowed.</param>
sealed record LoadedPlan(
    CompositionPlan Plan, BaseModel Base, IReadOnlyList<LoraModule> Modules, Func<PredictionInput, IReadOnlyList<LoraModule>> Select)
{
    /// <summary>Selects modules by their slopes in place of <see cref="Select"/>; null where slopes are not asked for. Borrowed.</summary>
    public SlopeScreen? Slopes { get; init; }

    /// <summary>The evaluations that selecting the modules costs before a search.</summary>
    public int RankingCost => Slopes is null ? 0 : SlopeScreen.Cost;

    public PredictionInput Input => Plan.Input;

    public long Seed => Plan.Seed;
}
