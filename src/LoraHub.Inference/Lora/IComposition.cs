namespace LoraHub.Inference.Lora;

/// <summary>Modules made ready to be composed with any weights. Borrows the modules, owns what it made of them.</summary>
interface IComposition : IDisposable
{
    /// <summary>One adapter for each row of weights, one weight for each module; their tensors belong to the caller's scope.</summary>
    LoraLayers Compose(IReadOnlyList<double[]> weights);

    /// <summary>The adapter for these weights as PEFT's two factors; its tensors belong to the caller's scope.</summary>
    PeftAdapter ToPeft(ReadOnlySpan<double> weights);
}
