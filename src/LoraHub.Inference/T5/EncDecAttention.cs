using LoraHub.Inference.Kernels;
using LoraHub.Inference.Lora;

using static TorchSharp.torch;

namespace LoraHub.Inference.T5;

/// <summary>Attention of the decoder's tokens to the encoder's states, in two ways that give the same: over projected keys and values, or absorbed.</summary>
/// <remarks>
/// Absorbed: q·(W_k·E)ᵀ = (q·W_k)·Eᵀ, and P·(W_v·E) = (P·E)·W_v, so that W_k and W_v are applied to the few tokens of an answer rather than to the many of
/// the question. It pays while answers are short; generation, which asks again for every token, projects once and keeps the result.
/// </remarks>
sealed class EncDecAttention(T5Weights weights, string name, T5Config config)
{
    readonly Linear _q = new(weights, [name + ".q"], config.NumHeads * config.DKv, config.DModel);
    readonly Linear _o = new(weights, [name + ".o"], config.DModel, config.NumHeads * config.DKv);

    // Both plain: by heads they cannot be packed. (H·K, D)
    readonly Tensor _k = weights.Get(name + ".k.weight", weights.ComputeType, config.NumHeads * config.DKv, config.DModel);
    readonly Tensor _v = weights.Get(name + ".v.weight", weights.ComputeType, config.NumHeads * config.DKv, config.DModel);

    long Heads => config.NumHeads;

    /// <summary>Keys and values of the encoder's states; belong to the caller's scope.</summary>
    public KeysValues Project(EncodedText encoded, LoraLayers? lora)
    {
        using var scope = NewDisposeScope();
        var states = encoded.Padded.flatten(0, 1); // (B·S, D)
        return new KeysValues(Project(_k, "k").MoveToOuterDisposeScope(), Project(_v, "v").MoveToOuterDisposeScope());

        Tensor Project(Tensor weight, string part)
        {
            var y = nn.functional.linear(states, weight); // (B·S, H·K)
            lora?.AddUpdate($"{name}.{part}", states, y, 0, y.shape[1]);
            return y.view(encoded.Padded.shape[0], encoded.Padded.shape[1], Heads, config.DKv).transpose(1, 2); // (B, H, S, K)
        }
    }

    /// <param name="x">(n, D).</param>
    /// <param name="memory">What <see cref="Project"/> gave.</param>
    public Tensor Forward(Tensor x, TokenRows rows, KeysValues memory, Tensor? mask, LoraLayers? lora) // (n, D)
    {
        using var scope = NewDisposeScope();
        var q = rows.Pad(_q.Forward(x, lora)).unflatten(2, Heads, config.DKv).transpose(1, 2); // (B, H, T, K)
        var context = SelfAttention.Attend(q, memory, new ScoreTerms(null, mask, IsCausal: false)); // (B, T, H·K)
        return _o.Forward(rows.Unpad(context), lora).MoveToOuterDisposeScope();
    }

    /// <summary>Whether absorbing takes less arithmetic than projecting.</summary>
    /// <param name="targets">Tokens of all answers.</param>
    public bool AbsorbingPays(long targets, EncodedText encoded) =>
        2 * targets * (config.DKv + encoded.Padded.shape[1]) < encoded.Padded.shape[0] * encoded.Padded.shape[1] * config.DKv;

    /// <param name="x">(n, D).</param>
    public Tensor Absorbed(Tensor x, TokenRows rows, EncodedText encoded, LoraLayers? lora) // (n, D)
    {
        using var scope = NewDisposeScope();
        var q = _q.Forward(x, lora).view(-1, Heads, config.DKv).transpose(0, 1).contiguous(); // (H, n, K)
        var queries = q.matmul(_k.view(Heads, config.DKv, -1)); // (H, n, D)
        lora?.AddAbsorbedInput(name + ".k", q, queries);

        var scores = ByRows(queries, rows).matmul(encoded.Padded.transpose(1, 2)); // (B, H·T, S)
        var shares = AttentionShares.Of(scores.unsqueeze(1), new ScoreTerms(null, encoded.Rows.Mask, IsCausal: false)).squeeze(1);
        var sums = ByHeads(shares.matmul(encoded.Padded), rows); // (H, n, D)

        var context = sums.matmul(_v.view(Heads, config.DKv, -1).transpose(1, 2)); // (H, n, K)
        lora?.AddAbsorbedOutput(name + ".v", sums, context);
        return _o.Forward(context.transpose(0, 1).flatten(1), lora).MoveToOuterDisposeScope();
    }

    /// <summary>(H, n, D) → (B, H·T, D).</summary>
    static Tensor ByRows(Tensor x, TokenRows rows) => rows.Pad(x.transpose(0, 1)).transpose(1, 2).flatten(1, 2);

    /// <summary>(B, H·T, D) → (H, n, D).</summary>
    Tensor ByHeads(Tensor x, TokenRows rows) => rows.Unpad(x.unflatten(1, Heads, rows.Longest).transpose(1, 2)).transpose(0, 1).contiguous();
}
