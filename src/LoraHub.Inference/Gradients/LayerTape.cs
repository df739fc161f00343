using LoraHub.Inference.Kernels;

using static TorchSharp.torch;

namespace LoraHub.Inference.Gradients;

/// <summary>
/// A forward pass layer by layer, and the backward pass through the same layers. Each layer has a graph of its own, which is either kept or computed
/// again in the backward pass: then only the results of layers stay in memory. Owns the results. Used on one thread.
/// </summary>
sealed class LayerTape(bool recompute) : IDisposable
{
    readonly List<Layer> _layers = [];

    /// <param name="compute">Computes the layer's result from the results of earlier layers; deterministic.</param>
    /// <param name="hasGradient">Whether a factor in the layer or a result that it uses has a gradient.</param>
    /// <returns>The layer's result. Belongs to the tape if it has a gradient, else to the caller's scope.</returns>
    public Tensor Run(Func<Tensor> compute, bool hasGradient)
    {
        if (!hasGradient)
        {
            using var noGrad = no_grad();
            return compute();
        }

        using var scope = NewDisposeScope();
        using var mode = set_grad_enabled(!recompute);
        var output = compute();
        var result = output.detach().requires_grad_(true).DetachFromDisposeScope();
        _layers.Add(new Layer(compute, recompute ? null : output.DetachFromDisposeScope(), result));
        return result;
    }

    /// <summary>Adds the gradients of the last layer's result, a number, to the factors'.</summary>
    /// <param name="gradient">The gradient of that number.</param>
    public void Backward(double gradient)
    {
        using (NewDisposeScope())
        {
            var last = _layers[^1].Result;
            last.grad = full([], LiveScalar.Of(gradient), last.dtype, last.device);
        }

        while (_layers.Count > 0)
        {
            using var scope = NewDisposeScope();
            using var mode = enable_grad();
            using var layer = _layers[^1];
            _layers.RemoveAt(_layers.Count - 1);
            if (layer.Result.grad is { } upstream)
            {
                (layer.Output ?? layer.Compute()).backward([upstream]);
                OwnGradient.ThrowFailure();
            }
        }
    }

    public void Dispose() => _layers.ForEach(layer => layer.Dispose());

    /// <param name="Output">With its graph; null to compute it again.</param>
    /// <param name="Result">The same numbers as the beginning of the next layer's graph.</param>
    sealed record Layer(Func<Tensor> Compute, Tensor? Output, Tensor Result) : IDisposable
    {
        public void Dispose()
        {
            Output?.Dispose();
            Result.Dispose();
        }
    }
}
