using LoraHub.Formats.Adapters;
using LoraHub.Inference.Kernels;
using LoraHub.Inference.T5;

using static TorchSharp.torch;

namespace LoraHub.Inference.Lora;

/// <summary>The paper's composition: A = Σ wᵢAᵢ and B = Σ wᵢBᵢ (arXiv 2307.13269, equation 1), for modules of one layout. Holds no copies.</summary>
/// <param name="computeType">The dtype the model multiplies in.</param>
sealed class FactorsComposition(IReadOnlyList<LoraModule> modules, ScalarType computeType) : IComposition
{
    readonly Tensor[] _numbers = [.. modules.Select(module => module.Numbers)]; // (P) each

    // Its scalings are those of all, as in the reference, which loads all modules into the first one's adapter.
    AdapterLayout Layout => modules[0].Layout;

    public LoraLayers Compose(IReadOnlyList<double[]> weights)
    {
        var composed = WeightedSums.Of(_numbers, weights, computeType); // (adapters, P)
        var numbers = weights.Count == 1 ? composed[0] : composed;
        var layers = Layout.Slots.ToDictionary(slot => slot.Layer, slot => new LoraLayer(slot.A(numbers), slot.B(numbers), slot.Scaling));
        return new LoraLayers(layers, weights.Count);
    }

    public PeftAdapter ToPeft(ReadOnlySpan<double> weights)
    {
        var sum = zeros(Layout.Size, modules[0].ExactType, modules[0].Numbers.device);
        for (var i = 0; i < modules.Count; i++)
        {
            // Holds one module's exact numbers at a time. The weight is converted to their dtype and becomes infinite beyond its range.
            using var scope = NewDisposeScope();
            sum.add_(modules[i].ExactNumbers().mul(tensor(weights[i], sum.dtype, sum.device)), LiveScalar.One);
        }

        return PeftAdapter.Of(Layout, sum);
    }

    public void Dispose()
    {
    }
}
