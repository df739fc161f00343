using LoraHub.Formats.ModelConfig;
using LoraHub.Inference.Kernels;

using static TorchSharp.torch;

namespace LoraHub.Inference.T5;

// The layers of T5, named as the checkpoint names them. Shapes: n tokens of B rows, T query positions, S key positions, D = d_model,
// H heads of width K = d_kv. The result of a layer belongs to the caller's scope.

/// <summary>y = W·x, plus the adapter's update. Layers with the same x are one matrix, with their outputs side by side.</summary>
sealed class Linear(T5Weights weights, IReadOnlyList<string> names, long output, long input)
{
    readonly Matrix _matrix = weights.GetMatrix(
        [.. names.Select(name => name + ".weight")], weights.ComputeType, output, input, names[0].StartsWith("decoder.", StringComparison.Ordinal));

    public Tensor Forward(Tensor x, LoraUpdates? lora) => Update(_matrix.Multiply(x), x, lora); // (n, in) → (n, names·out)

    /// <summary><see cref="Forward"/> for one more token of each answer.</summary>
    public Tensor Step(Tensor x, LoraUpdates? lora) => Update(_matrix.MultiplyFew(x), x, lora); // (R, in) → (R, names·out)

    Tensor Update(Tensor y, Tensor x, LoraUpdates? lora)
    {
        for (var i = 0; i < names.Count; i++)
        {
            lora?.AddUpdate(names[i], x, y, i * output, output);
        }

        return y;
    }
}

/// <summary>
/// The norm before a sublayer. Adds the previous sublayer's output to the residual stream; converts from its dtype to the compute dtype.
/// </summary>
sealed class LayerNorm(T5Weights weights, string name, T5Config config)
{
    readonly Tensor _weight = weights.Get(name + ".weight", weights.StreamType, config.DModel);

    /// <param name="h">The residual stream, (n, D); <paramref name="output"/>, (n, D), is added to it.</param>
    /// <param name="type">Null for the compute dtype.</param>
    public Tensor Forward(Tensor h, Tensor? output, ScalarType? type = null) => // (n, D)
        ResidualNorm.Forward(h, output, _weight, config.LayerNormEpsilon, type ?? weights.ComputeType);
}

/// <summary>Feed-forward: relu of v1.0, or the gelu-gated pair of v1.1 (arXiv 2002.05202).</summary>
sealed class DenseReluDense(T5Weights weights, string name, T5Config config)
{
    readonly Linear _wi = new(weights, config.IsGated ? [name + ".wi_0", name + ".wi_1"] : [name + ".wi"], config.DFf, config.DModel);
    readonly Linear _wo = new(weights, [name + ".wo"], config.DModel, config.DFf);

    public Tensor Forward(Tensor x, LoraUpdates? lora) // (n, D)
    {
        using var activated = Activated(x, lora);
        return _wo.Forward(activated, lora);
    }

    /// <summary><see cref="Forward"/> for one more token of each answer.</summary>
    public Tensor Step(Tensor x, LoraUpdates? lora) // (R, D)
    {
        using var scope = NewDisposeScope();
        return _wo.Step(Activate(_wi.Step(x, lora)), lora).MoveToOuterDisposeScope();
    }

    Tensor Activated(Tensor x, LoraUpdates? lora) // (n, d_ff)
    {
        using var scope = NewDisposeScope(); // released before the next product, so that less memory is in use and more of it stays cached
        return Activate(_wi.Forward(x, lora)).MoveToOuterDisposeScope();
    }

    Tensor Activate(Tensor inner) => config.IsGated ? GatedGelu.Forward(inner) : inner.relu_(); // (n, d_ff), or (n, 2·d_ff) → (n, d_ff)
}
