using LoraHub.Formats.ModelConfig;
using LoraHub.Inference.Kernels;

using static TorchSharp.torch;

namespace LoraHub.Inference.T5;

/// <summary>Attention of the decoder's tokens to the encoder's states, over projected keys and values or, equivalently, absorbed.</summary>
/// <remarks>
/// Absorbed: q·(W_k·E)ᵀ = (q·W_k)·Eᵀ, and P·(W_v·E) = (P·E)·W_v. W_k and W_v are then applied to the few tokens of an answer instead of the
/// many tokens of the input. This pays off for short answers. Generation, which attends once per token, projects once and caches the result.
/// </remarks>
sealed class EncDecAttention(T5Weights weights, string name, T5Config config)
{
    readonly Linear _q = new(weights, [name + ".q"], config.NumHeads * config.DKv, config.DModel);
    readonly Linear _o = new(weights, [name + ".o"], config.DModel, config.NumHeads * config.DKv);

    // Both unpacked: a packed matrix cannot be split by heads. (H·K, D)
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

    /// <summary>Writes the keys and values of each row's encoder states to the row's memory.</summary>
    public void Remember(EncodedText encoded, IReadOnlyList<AnswerMemory> memories, int layer, LoraUpdates? lora)
    {
        using var scope = NewDisposeScope();
        Remember(_k, "k", 0);
        Remember(_v, "v", 1);

        void Remember(Tensor weight, string part, int place)
        {
            var y = nn.functional.linear(encoded.States, weight); // (n, H·K)
            lora?.AddUpdate($"{name}.{part}", encoded.States, y, 0, y.shape[1]);
            var start = 0L;
            for (var row = 0; row < memories.Count; start += encoded.Rows.Rows[row++].Length)
            {
                var own = y.narrow(0, start, encoded.Rows.Rows[row].Length).unflatten(1, Heads, config.DKv).transpose(0, 1); // (H, S, K)
                memories[row].Write(layer, place, own);
            }
        }
    }

    /// <summary><see cref="Forward"/> for one more token of each answer.</summary>
    /// <param name="x">(R, D).</param>
    public Tensor Step(Tensor x, AnswerStep step, int layer, LoraUpdates? lora) // (R, D)
    {
        using var scope = NewDisposeScope();
        var context = step.AttendToMemory(_q.Step(x, lora), layer); // (R, H·K)
        return _o.Step(context, lora).MoveToOuterDisposeScope();
    }

    /// <param name="x">(n, D).</param>
    /// <param name="memory">The result of <see cref="Project"/>.</param>
    public Tensor Forward(Tensor x, TokenRows rows, KeysValues memory, Tensor? mask, LoraLayers? lora) // (n, D)
    {
        using var scope = NewDisposeScope();
        var q = rows.Pad(_q.Forward(x, lora)).unflatten(2, Heads, config.DKv).transpose(1, 2); // (B, H, T, K)
        var context = SelfAttention.Attend(q, memory, new AttentionBias(null, mask, IsCausal: false)); // (B, T, H·K)
        return _o.Forward(rows.Unpad(context), lora).MoveToOuterDisposeScope();
    }

    /// <summary>Whether absorbing takes less arithmetic than projecting.</summary>
    /// <param name="targets">The number of tokens of all answers.</param>
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
        var attention = MaskedSoftmax.Of(scores.unsqueeze(1), new AttentionBias(null, encoded.Rows.Mask, IsCausal: false)).squeeze(1);
        var sums = ByHeads(attention.matmul(encoded.Padded), rows); // (H, n, D)

        var context = sums.matmul(_v.view(Heads, config.DKv, -1).transpose(1, 2)); // (H, n, K)
        lora?.AddAbsorbedOutput(name + ".v", sums, context);
        return _o.Forward(context.transpose(0, 1).flatten(1), lora).MoveToOuterDisposeScope();
    }

    /// <summary>(H, n, D) → (B, H·T, D).</summary>
    static Tensor ByRows(Tensor x, TokenRows rows) => rows.Pad(x.transpose(0, 1)).transpose(1, 2).flatten(1, 2);

    /// <summary>(B, H·T, D) → (H, n, D).</summary>
    Tensor ByHeads(Tensor x, TokenRows rows) => rows.Unpad(x.unflatten(1, Heads, rows.Longest).transpose(1, 2)).transpose(0, 1).contiguous();
}
