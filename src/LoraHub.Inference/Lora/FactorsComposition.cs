using static TorchSharp.torch;

namespace LoraHub.Inference.Lora;

/// <summary>The paper's composition: A = Σ wᵢAᵢ and B = Σ wᵢBᵢ (arXiv 2307.13269, equation 1), for modules of one layout.</summary>
sealed class FactorsComposition : IComposition
{
    readonly IReadOnlyList<LoraModule> _modules;
    readonly Tensor _stacked; // (N, P)
    readonly ScalarType _computeType;

    /// <param name="computeType">The dtype the model multiplies in.</param>
    public FactorsComposition(IReadOnlyList<LoraModule> modules, ScalarType computeType)
    {
        _modules = modules;
        _computeType = computeType;
        _stacked = stack([.. modules.Select(module => module.Numbers)]).DetachFromDisposeScope();
    }

    AdapterLayout Layout => _modules[0].Layout;

    // As in the reference, where all modules are put into the first one's adapter.
    double Scaling => _modules[0].Config.Scaling;

    public LoraLayers Compose(ReadOnlySpan<double> weights)
    {
        var composed = Sum(weights).to(_computeType); // one pass over all modules' numbers
        return new LoraLayers(Layout.Slots.ToDictionary(slot => slot.Layer, slot => new LoraLayer(slot.A(composed), slot.B(composed), Scaling)));
    }

    public PeftAdapter ToPeft(ReadOnlySpan<double> weights)
    {
        var composed = Sum(weights);
        return new PeftAdapter(
            _modules[0].Config.Rank,
            Scaling * _modules[0].Config.Rank,
            [.. Layout.Slots.Select(slot => new PeftFactors(slot.Layer, slot.A(composed), slot.B(composed)))]);
    }

    public void Dispose() => _stacked.Dispose();

    Tensor Sum(ReadOnlySpan<double> weights) => // (P)
        tensor(weights.ToArray(), _stacked.dtype, _stacked.device).matmul(_stacked);
}
