using LoraHub.Inference.Lora;

using TorchSharp.Modules;

using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace LoraHub.Inference.T5;

// The layers of T5, named as the checkpoint names them. Shapes: B rows, T query positions, S key positions, D = d_model,
// H heads of width K = d_kv. What a layer returns belongs to the caller's scope.

/// <summary>y = W·x, plus the adapter's update of this layer.</summary>
sealed class Linear(T5Weights weights, string name, long output, long input)
{
    readonly Tensor _weight = weights.Get(name + ".weight", output, input);

    public Tensor Forward(Tensor x, LoraLayers? lora) // (…, input) → (…, output)
    {
        var y = linear(x, _weight);
        lora?.AddUpdate(name, x, y);
        return y;
    }
}

/// <summary>Root mean square norm without mean or bias, its variance in fp32 as the reference has it; from the residual stream's dtype to the compute dtype.</summary>
sealed class LayerNorm(T5Weights weights, string name, T5Config config)
{
    readonly Tensor _weight = weights.Get(name + ".weight", config.DModel);

    public Tensor Forward(Tensor h) // (B, T, D)
    {
        using var scope = NewDisposeScope();
        var variance = h.to(ScalarType.Float32).square().mean([-1], keepdim: true); // (B, T, 1)
        var normed = variance.add_(config.LayerNormEpsilon).rsqrt_().mul(h).mul_(_weight);
        return normed.to(weights.ComputeType).MoveToOuterDisposeScope();
    }
}

/// <summary>Feed-forward: relu of v1.0, or the gelu-gated pair of v1.1 (arXiv 2002.05202).</summary>
sealed class DenseReluDense
{
    readonly Linear _wi;
    readonly Linear? _wi1;
    readonly Linear _wo;

    public DenseReluDense(T5Weights weights, string name, T5Config config)
    {
        _wi = new Linear(weights, name + (config.IsGated ? ".wi_0" : ".wi"), config.DFf, config.DModel);
        _wi1 = config.IsGated ? new Linear(weights, name + ".wi_1", config.DFf, config.DModel) : null;
        _wo = new Linear(weights, name + ".wo", config.DModel, config.DFf);
    }

    public Tensor Forward(Tensor x, LoraLayers? lora) // (B, T, D)
    {
        using var scope = NewDisposeScope();
        var inner = _wi.Forward(x, lora); // (B, T, d_ff)
        inner = _wi1 is null ? inner.relu_() : gelu(inner, GELU.Approximate.tanh, inplace: false).mul_(_wi1.Forward(x, lora));
        return _wo.Forward(inner, lora).MoveToOuterDisposeScope();
    }
}

/// <summary>Keys and values, (B, H, S, K) each.</summary>
readonly record struct KeysValues(Tensor Keys, Tensor Values);

/// <summary>Multi-head attention without a scale; positions enter through an additive bias.</summary>
sealed class Attention(T5Weights weights, string name, T5Config config)
{
    readonly Linear _q = new(weights, name + ".q", config.NumHeads * config.DKv, config.DModel);
    readonly Linear _k = new(weights, name + ".k", config.NumHeads * config.DKv, config.DModel);
    readonly Linear _v = new(weights, name + ".v", config.NumHeads * config.DKv, config.DModel);
    readonly Linear _o = new(weights, name + ".o", config.DModel, config.NumHeads * config.DKv);

    /// <summary>Keys and values of the states that are attended to, (B, S, D).</summary>
    public KeysValues Project(Tensor states, LoraLayers? lora) => new(Split(_k.Forward(states, lora)), Split(_v.Forward(states, lora)));

    /// <param name="x">The queries' states, (B, T, D).</param>
    /// <param name="bias">Positions and mask, broadcast to (B, H, T, S).</param>
    public Tensor Attend(Tensor x, KeysValues attended, Tensor bias, LoraLayers? lora)
    {
        using var scope = NewDisposeScope();
        var q = Split(_q.Forward(x, lora)); // (B, H, T, K)
        var scores = q.matmul(attended.Keys.transpose(2, 3)).add_(bias); // (B, H, T, S)
        var shares = scores.softmax(-1, ScalarType.Float32).to(weights.ComputeType); // in fp32 as the reference has it
        var context = shares.matmul(attended.Values).transpose(1, 2).flatten(2); // (B, T, H·K)
        return _o.Forward(context, lora).MoveToOuterDisposeScope(); // (B, T, D)
    }

    Tensor Split(Tensor y) => y.unflatten(2, config.NumHeads, config.DKv).transpose(1, 2); // (B, T, H·K) → (B, H, T, K)
}
