using LoraHub.Inference.Kernels;
using LoraHub.Inference.Lora;
using LoraHub.Inference.T5;

using static TorchSharp.torch;

namespace LoraHub.Inference.Gradients;

/// <summary>
/// The gradients of a loss with respect to the updates ΔW of some layers at ΔW = 0, which are those of the frozen matrices themselves. They give the
/// slope of the loss along any module. Owns its tensors: one of a matrix's size, fp32 or double, for each layer.
/// </summary>
sealed class UpdateGradients : IDisposable
{
    readonly Dictionary<string, Tensor> _layers; // (out, in)

    /// <param name="layers">Linear layers of the model, each once.</param>
    public UpdateGradients(T5Model model, IEnumerable<string> layers)
    {
        using var scope = NewDisposeScope();
        _layers = layers.ToDictionary(
            layer => layer,
            layer => zeros([.. model.ShapeOf(layer)!], model.StreamType, model.Device).DetachFromDisposeScope(),
            StringComparer.Ordinal);
    }

    /// <summary>Adds a micro-batch's gradient, if the layer is one of these.</summary>
    /// <param name="gradient">Of the layer's result, (n, out).</param>
    /// <param name="x">What the layer was applied to, (n, in).</param>
    public void Add(string layer, Tensor gradient, Tensor x)
    {
        if (_layers.TryGetValue(layer, out var sum))
        {
            using var scope = NewDisposeScope();
            sum.addmm_(gradient.to(sum.dtype).t(), x.to(sum.dtype));
        }
    }

    /// <summary>
    /// The derivative of the loss by the module's weight w at w = 0: Σ scaling · ⟨G, BA⟩ over its layers, as ⟨BᵀG, A⟩, so that BA is never formed.
    /// </summary>
    /// <param name="module">All its layers are among these.</param>
    public double Along(LoraModule module)
    {
        using var scope = NewDisposeScope();
        var sum = zeros(1, ScalarType.Float64, module.Numbers.device);
        foreach (var slot in module.Layout.Slots)
        {
            using var layer = NewDisposeScope();
            var gradient = _layers[slot.Layer];
            var (a, b) = (slot.A(module.Numbers).to(gradient.dtype), slot.B(module.Numbers).to(gradient.dtype)); // (r, in), (out, r)
            sum.add_(b.t().matmul(gradient).mul_(a).sum().to(ScalarType.Float64), LiveScalar.Of(slot.Scaling));
        }

        return sum.item<double>();
    }

    /// <summary>‖ΔW‖ of a module at w = 1, over all its layers, as Σ scaling² · ⟨BᵀB, AAᵀ⟩.</summary>
    public static double NormOf(LoraModule module)
    {
        using var scope = NewDisposeScope();
        var sum = zeros(1, ScalarType.Float64, module.Numbers.device);
        foreach (var slot in module.Layout.Slots)
        {
            using var layer = NewDisposeScope();
            var (a, b) = (slot.A(module.Numbers).to(module.ExactType), slot.B(module.Numbers).to(module.ExactType)); // (r, in), (out, r)
            sum.add_(b.t().matmul(b).mul_(a.matmul(a.t())).sum().to(ScalarType.Float64), LiveScalar.Of(slot.Scaling * slot.Scaling));
        }

        return Math.Sqrt(sum.item<double>());
    }

    public void Dispose()
    {
        foreach (var layer in _layers.Values)
        {
            layer.Dispose();
        }
    }
}
