using LoraHub.Inference.T5;

namespace LoraHub.Inference.Lora;

/// <summary>Modules prepared for composition with any weights. Borrows the modules; owns its own tensors.</summary>
interface IComposition : IDisposable
{
    /// <summary>Composes one adapter for each row of weights, with one weight for each module. Their tensors belong to the caller's scope.</summary>
    LoraLayers Compose(IReadOnlyList<double[]> weights);

    /// <summary>Composes the adapter for these weights as PEFT's two factors. Its tensors belong to the caller's scope.</summary>
    PeftAdapter ToPeft(ReadOnlySpan<double> weights);
}
