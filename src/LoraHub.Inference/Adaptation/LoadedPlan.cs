using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Inference.Lora;
using LoraHub.Inference.Models;

namespace LoraHub.Inference.Adaptation;

/// <summary>A plan with its base model and modules in memory.</summary>
/// <param name="Base">Borrowed.</param>
/// <param name="Modules">In the order of the weights; borrowed.</param>
/// <param name="Select">Selects modules for an input with other examples, as this plan's were selected for its own; borrowed.</param>
sealed record LoadedPlan(
    CompositionPlan Plan, BaseModel Base, IReadOnlyList<LoraModule> Modules, Func<PredictionInput, IReadOnlyList<LoraModule>> Select)
{
    public PredictionInput Input => Plan.Input;

    public long Seed => Plan.Seed;
}
