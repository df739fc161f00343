using LoraHub.Core.Trainings;
using LoraHub.Formats.Adapters;
using LoraHub.Inference.Lora;
using LoraHub.Inference.T5;

using static TorchSharp.torch;

namespace LoraHub.Inference.Gradients;

/// <summary>The factors of a LoRA that is trained, in one vector, and their gradients in another. Owns its tensors.</summary>
sealed class LoraFactors : IDisposable
{
    readonly Dictionary<string, TrainedLayer> _layers = new(StringComparer.Ordinal);

    /// <param name="numbers">All factors in the layout's order, fp32 or double; copied.</param>
    /// <param name="scope">The factors that are trained; others keep their values.</param>
    public LoraFactors(AdapterLayout layout, Tensor numbers, TuningScope scope)
    {
        using var _ = NewDisposeScope();
        Layout = layout;
        Numbers = numbers.clone().DetachFromDisposeScope();
        var trained = layout.Slots.Where(slot => IsInScope(slot.Layer, scope)).ToArray();

        // Slots are ordered by name, so that those of a stack follow one another.
        var (start, size) = trained.Length == 0 ? (0, 0) : (trained[0].Offset, trained.Sum(slot => slot.Size));
        Trained = Numbers.narrow(0, start, size).DetachFromDisposeScope();
        Gradient = zeros_like(Trained).DetachFromDisposeScope();
        foreach (var slot in layout.Slots)
        {
            _layers[slot.Layer] = Array.IndexOf(trained, slot) < 0
                ? new TrainedLayer(Kept(slot.A(Numbers)), Kept(slot.B(Numbers)), slot.Scaling)
                : Leaves(slot, slot with { Offset = slot.Offset - start });
        }
    }

    public AdapterLayout Layout { get; }

    /// <summary>All factors, (<see cref="AdapterLayout.Size"/>).</summary>
    public Tensor Numbers { get; }

    /// <summary>The part of <see cref="Numbers"/> that is trained, (T); a view.</summary>
    public Tensor Trained { get; }

    /// <summary>The gradients that backward passes have added up, (T).</summary>
    public Tensor Gradient { get; }

    public static bool IsInScope(string layer, TuningScope scope) =>
        scope == TuningScope.All || layer.StartsWith(scope == TuningScope.Encoder ? "encoder." : "decoder.", StringComparison.Ordinal);

    /// <summary>The layer's factors, or null if it has none.</summary>
    public TrainedLayer? Of(string layer) => _layers.GetValueOrDefault(layer);

    /// <summary>Whether a layer with such a name is trained.</summary>
    public bool IsTrained(string prefix) =>
        _layers.Any(pair => pair.Value.A.requires_grad && pair.Key.StartsWith(prefix, StringComparison.Ordinal));

    public void ClearGradient()
    {
        using var scope = NewDisposeScope();
        Gradient.zero_();
    }

    /// <summary>The factors as the model applies them without gradients; belong to the caller's scope.</summary>
    /// <param name="computeType">The dtype the model multiplies in.</param>
    public LoraLayers ToLayers(ScalarType computeType)
    {
        using var noGrad = no_grad();
        var numbers = Numbers.to(computeType);
        return new LoraLayers(Layout.Slots.ToDictionary(slot => slot.Layer, slot => new LoraLayer(slot.A(numbers), slot.B(numbers), slot.Scaling)));
    }

    public void Dispose()
    {
        foreach (var layer in _layers.Values)
        {
            layer.A.Dispose();
            layer.B.Dispose();
        }

        Gradient.Dispose();
        Trained.Dispose();
        Numbers.Dispose();
    }

    static Tensor Kept(Tensor tensor) => tensor.DetachFromDisposeScope();

    /// <param name="own">The slot's place in the gradients.</param>
    TrainedLayer Leaves(LayerSlot slot, LayerSlot own)
    {
        return new TrainedLayer(Leaf(slot.A(Numbers), own.A(Gradient)), Leaf(slot.B(Numbers), own.B(Gradient)), slot.Scaling);

        // A backward pass adds to a gradient that is there in place.
        static Tensor Leaf(Tensor factor, Tensor gradient)
        {
            var leaf = Kept(factor.detach().requires_grad_(true));
            leaf.grad = gradient;
            return leaf;
        }
    }
}

/// <summary>One layer's update, x ↦ Scaling · B(A x), with gradients if it is trained.</summary>
/// <param name="A">lora_A, (r, in).</param>
/// <param name="B">lora_B, (out, r).</param>
/// <param name="Scaling">lora_alpha / r.</param>
sealed record TrainedLayer(Tensor A, Tensor B, double Scaling);
