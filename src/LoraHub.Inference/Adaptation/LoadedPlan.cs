using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Inference.Lora;
using LoraHub.Inference.Models;

namespace LoraHub.Inference.Adaptation;

/// <summary>A plan with its base model and modules in memory.</summary>
/// <param name="Base">Borrowed.</param>
/// <param name="Modules">In the order of the weights; borrowed.</param>
sealed record LoadedPlan(PredictionPlan Plan, BaseModel Base, IReadOnlyList<LoraModule> Modules)
{
    public PredictionInput Input => Plan.Input;

    public long Seed => Plan.Seed;
}
