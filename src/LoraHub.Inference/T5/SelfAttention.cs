using LoraHub.Formats.ModelConfig;
using LoraHub.Inference.Kernels;

using static TorchSharp.torch;

namespace LoraHub.Inference.T5;

/// <summary>Attention of a row's tokens to each other, without scaling; an additive bias encodes positions.</summary>
sealed class SelfAttention(T5Weights weights, string name, T5Config config)
{
    readonly Linear _qkv = new(weights, [name + ".q", name + ".k", name + ".v"], config.NumHeads * config.DKv, config.DModel);
    readonly Linear _o = new(weights, [name + ".o"], config.DModel, config.NumHeads * config.DKv);

    /// <param name="x">(n, D).</param>
    public Tensor Forward(Tensor x, TokenRows rows, AttentionBias bias, LoraUpdates? lora) // (n, D)
    {
        using var context = Context(x, rows, bias, lora);
        return _o.Forward(context, lora);
    }

    /// <summary>The same for one more token of each answer; its keys and values become the rows' last ones.</summary>
    /// <param name="x">(R, D).</param>
    public Tensor Step(Tensor x, AnswerStep step, int layer, LoraUpdates? lora) // (R, D)
    {
        using var scope = NewDisposeScope();
        var context = step.AttendToOwn(_qkv.Step(x, lora), layer); // (R, H·K)
        return _o.Step(context, lora).MoveToOuterDisposeScope();
    }

    Tensor Context(Tensor x, TokenRows rows, AttentionBias bias, LoraUpdates? lora) // (n, H·K)
    {
        using var scope = NewDisposeScope();
        var heads = Heads(x, rows, lora); // (3, B, H, T, K)
        return rows.Unpad(Attend(heads[0], new KeysValues(heads[1], heads[2]), bias)).MoveToOuterDisposeScope();
    }

    Tensor Heads(Tensor x, TokenRows rows, LoraUpdates? lora) // (3, B, H, T, K)
    {
        using var scope = NewDisposeScope();
        var padded = rows.Pad(_qkv.Forward(x, lora)); // (B, T, 3·H·K)

        // Contiguous, because products of strided tensors are several times slower.
        return padded.unflatten(2, 3, config.NumHeads, config.DKv).permute(2, 0, 3, 1, 4).contiguous().MoveToOuterDisposeScope();
    }

    /// <param name="q">(B, H, T, K).</param>
    /// <returns>(B, T, H·K); belongs to the caller's scope.</returns>
    public static Tensor Attend(Tensor q, KeysValues attended, AttentionBias bias)
    {
        using var scope = NewDisposeScope();
        var attention = MaskedSoftmax.Of(q.matmul(attended.Keys.transpose(2, 3)), bias); // (B, H, T, S)
        return attention.matmul(attended.Values).transpose(1, 2).flatten(2).MoveToOuterDisposeScope();
    }
}
