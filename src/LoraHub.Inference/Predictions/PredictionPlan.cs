using LoraHub.Core.Predictions.Inputs;
using LoraHub.Inference.Lora;
using LoraHub.Inference.Models;

namespace LoraHub.Inference.Predictions;

/// <summary>What a prediction works with, settled before it begins.</summary>
/// <param name="Seed">The input's, or the one that was drawn.</param>
/// <param name="Base">Borrowed.</param>
/// <param name="Modules">In the order of the weights; borrowed.</param>
sealed record PredictionPlan(PredictionInput Input, long Seed, BaseModel Base, IReadOnlyList<LoraModule> Modules);
