using LoraHub.Core.Predictions;
using LoraHub.Inference.Gradients;
using LoraHub.Inference.Lora;
using LoraHub.Inference.T5;

using static TorchSharp.torch;

namespace LoraHub.Inference.Adaptation;

/// <summary>
/// The adapter that a prediction found: modules and their weights, maybe tuned. Owns the composition and the factors, not the modules.
/// </summary>
/// <param name="Weights">In the order of the modules.</param>
/// <param name="Loss">The objective without modules and with these weights; null if there are no examples.</param>
sealed record FoundAdapter(IReadOnlyList<LoraModule> Modules, IComposition Composition, double[] Weights, LossReport? Loss) : IDisposable
{
    /// <summary>The composed adapter after its gradient steps; null if there were none.</summary>
    public LoraFactors? Tuned { get; init; }

    /// <summary>What the steps did; null if there were none.</summary>
    public TuningOutcome? Tuning { get; init; }

    /// <summary>The adapter as the model applies it. Its tensors belong to the caller's scope.</summary>
    /// <param name="computeType">The dtype the model multiplies in.</param>
    public LoraLayers ToLayers(ScalarType computeType) => Tuned?.ToLayers(computeType) ?? Composition.Compose([Weights]);

    /// <summary>The adapter as PEFT's two factors. Its tensors belong to the caller's scope; some are views of this adapter's.</summary>
    public PeftAdapter ToPeft() => Tuned is null ? Composition.ToPeft(Weights) : PeftAdapter.Of(Tuned.Layout, Tuned.Numbers);

    public void Dispose()
    {
        Tuned?.Dispose();
        Composition.Dispose();
    }
}
