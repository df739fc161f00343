using LoraHub.Inference.Kernels;
using LoraHub.Inference.Lora;

using static TorchSharp.torch;

namespace LoraHub.Inference.T5;

// The layers of T5, named as the checkpoint names them. Shapes: n tokens of B rows, T query positions, S key positions, D = d_model,
// H heads of width K = d_kv. What a layer returns belongs to the caller's scope.

/// <summary>y = W·x, plus the adapter's update. Layers that read the same x are one matrix, their outputs side by side.</summary>
sealed class Linear(T5Weights weights, IReadOnlyList<string> names, long output, long input)
{
    readonly Matrix _matrix = weights.GetMatrix([.. names.Select(name => name + ".weight")], weights.ComputeType, output, input);

    public Tensor Forward(Tensor x, LoraLayers? lora) // (n, in) → (n, names·out)
    {
        var y = _matrix.Multiply(x);
        for (var i = 0; i < names.Count; i++)
        {
            lora?.AddUpdate(names[i], x, y, i * output, output);
        }

        return y;
    }
}

/// <summary>The norm before a sublayer: takes in what the sublayer before it put out; from the residual stream's dtype to the compute dtype.</summary>
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

    public Tensor Forward(Tensor x, LoraLayers? lora) // (n, D)
    {
        using var activated = Activated(x, lora);
        return _wo.Forward(activated, lora);
    }

    Tensor Activated(Tensor x, LoraLayers? lora) // (n, d_ff)
    {
        using var scope = NewDisposeScope(); // gone before the next product: the less memory is gone through, the more of it is in the caches
        var inner = _wi.Forward(x, lora); // (n, d_ff), or (n, 2·d_ff)
        return (config.IsGated ? GatedGelu.Forward(inner) : inner.relu_()).MoveToOuterDisposeScope();
    }
}

/// <summary>Attention of a row's tokens to each other, without a scale; positions enter through an additive bias.</summary>
sealed class SelfAttention(T5Weights weights, string name, T5Config config)
{
    readonly Linear _qkv = new(weights, [name + ".q", name + ".k", name + ".v"], config.NumHeads * config.DKv, config.DModel);
    readonly Linear _o = new(weights, [name + ".o"], config.DModel, config.NumHeads * config.DKv);

    /// <param name="x">(n, D).</param>
    /// <param name="remember">Gives the keys and values to attend to for those of x, or null to attend to x alone.</param>
    public Tensor Forward(Tensor x, TokenRows rows, ScoreTerms terms, LoraLayers? lora, Func<KeysValues, KeysValues>? remember = null) // (n, D)
    {
        using var context = Context(x, rows, terms, lora, remember);
        return _o.Forward(context, lora);
    }

    Tensor Context(Tensor x, TokenRows rows, ScoreTerms terms, LoraLayers? lora, Func<KeysValues, KeysValues>? remember) // (n, H·K)
    {
        using var scope = NewDisposeScope();
        var heads = Heads(x, rows, lora); // (3, B, H, T, K)
        var own = new KeysValues(heads[1], heads[2]);
        return rows.Unpad(Attend(heads[0], remember is null ? own : remember(own), terms)).MoveToOuterDisposeScope();
    }

    Tensor Heads(Tensor x, TokenRows rows, LoraLayers? lora) // (3, B, H, T, K)
    {
        using var scope = NewDisposeScope();
        var padded = rows.Pad(_qkv.Forward(x, lora)); // (B, T, 3·H·K)

        // In order, as products of what is strided are several times slower.
        return padded.unflatten(2, 3, config.NumHeads, config.DKv).permute(2, 0, 3, 1, 4).contiguous().MoveToOuterDisposeScope();
    }

    /// <param name="q">(B, H, T, K).</param>
    /// <returns>(B, T, H·K); belongs to the caller's scope.</returns>
    public static Tensor Attend(Tensor q, KeysValues attended, ScoreTerms terms)
    {
        using var scope = NewDisposeScope();
        var shares = AttentionShares.Of(q.matmul(attended.Keys.transpose(2, 3)), terms); // (B, H, T, S)
        return shares.matmul(attended.Values).transpose(1, 2).flatten(2).MoveToOuterDisposeScope();
    }
}

/// <summary>Keys and values, (B, H, S, K) each.</summary>
readonly record struct KeysValues(Tensor Keys, Tensor Values);
