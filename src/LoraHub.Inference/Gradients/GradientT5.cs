using LoraHub.Formats.ModelConfig;
using LoraHub.Inference.Kernels;
using LoraHub.Inference.T5;

using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace LoraHub.Inference.Gradients;

/// <summary>
/// T5 in operations that have gradients, with the weights of a <see cref="T5Model"/>, which stay as they are, and a LoRA that is trained. Computes
/// the same loss as the model does without gradients.
/// </summary>
/// <remarks>Shapes: n tokens of B rows, T query positions, S key positions, D = d_model, H heads of width K = d_kv.</remarks>
/// <param name="keepsTransposes">See <see cref="FrozenProducts"/>.</param>
/// <param name="updates">Also receive their gradients; borrowed, and null for none.</param>
sealed class GradientT5(T5Model model, LoraFactors factors, bool keepsTransposes, UpdateGradients? updates = null) : IDisposable
{
    readonly FrozenProducts _products = new(keepsTransposes);
    readonly T5Config _config = model.Config;
    readonly T5Weights _weights = model.Weights;

    /// <summary>Computes the losses of answers and adds their gradient to that of the factors.</summary>
    /// <param name="inputs">The encoder's inputs, one row for each answer.</param>
    /// <param name="scale">Of the gradient: 1 / the number of labels in the whole step.</param>
    /// <param name="dropout">Null for none.</param>
    /// <param name="recompute">Whether layers are computed again in the backward pass, which takes less memory and a half more time.</param>
    /// <returns>The sum of the cross-entropies of all labels.</returns>
    public double Backward(TokenRows inputs, TeacherForcing answers, double scale, DropoutMasks? dropout = null, bool recompute = false)
    {
        using var scope = NewDisposeScope();
        using var tape = new LayerTape(recompute);
        var states = Encode(tape, inputs, dropout);
        var h = Decode(tape, answers.Inputs, states, inputs, dropout);
        var loss = tape.Run(() => LossSum(h, answers.Labels), h.requires_grad);
        var value = loss.to(ScalarType.Float64).item<double>();
        if (loss.requires_grad && double.IsFinite(value))
        {
            tape.Backward(scale);
        }

        return value;
    }

    public void Dispose() => _products.Dispose();

    Tensor Encode(LayerTape tape, TokenRows rows, DropoutMasks? dropout) // (n, D)
    {
        var h = Embed(rows);
        var bias = new AttentionBias(model.PositionBias(isEncoder: true, rows.Longest), rows.Mask, IsCausal: false);
        for (var i = 0; i < _config.NumLayers; i++)
        {
            var (block, x) = ($"encoder.block.{i}.layer", h);
            h = tape.Run(() => EncoderBlock(block, x, new Pass(rows, bias, dropout)), x.requires_grad || factors.IsTrained(block));
        }

        var last = h;
        return tape.Run(() => Norm("encoder.final_layer_norm", last, model.ComputeType), last.requires_grad);
    }

    Tensor Decode(LayerTape tape, TokenRows rows, Tensor states, TokenRows inputs, DropoutMasks? dropout) // (n, D)
    {
        var h = Embed(rows);
        var bias = new AttentionBias(model.PositionBias(isEncoder: false, rows.Longest), null, IsCausal: true);
        var hidden = new AttentionBias(null, inputs.Mask, IsCausal: false);
        for (var i = 0; i < _config.DecoderLayers; i++)
        {
            var (block, x) = ($"decoder.block.{i}.layer", h);
            h = tape.Run(
                () => DecoderBlock(block, x, states, new Pass(rows, bias, dropout), new Pass(inputs, hidden, dropout)),
                x.requires_grad || states.requires_grad || factors.IsTrained(block));
        }

        return h;
    }

    /// <summary>The gradients of updates need those of all results, also below the first factor that is trained.</summary>
    Tensor Embed(TokenRows rows) => updates is null ? model.Embed(rows.Ids) : model.Embed(rows.Ids).requires_grad_(true); // (n, D)

    Tensor EncoderBlock(string block, Tensor h, Pass pass) // (n, D)
    {
        using var scope = NewDisposeScope();
        h = Plus(h, SelfAttention($"{block}.0.SelfAttention", Norm($"{block}.0.layer_norm", h, model.ComputeType), pass));
        return DenseReluDense($"{block}.1", h, pass).MoveToOuterDisposeScope();
    }

    Tensor DecoderBlock(string block, Tensor h, Tensor states, Pass own, Pass memory) // (n, D)
    {
        using var scope = NewDisposeScope();
        h = Plus(h, SelfAttention($"{block}.0.SelfAttention", Norm($"{block}.0.layer_norm", h, model.ComputeType), own));
        h = Plus(h, CrossAttention($"{block}.1.EncDecAttention", Norm($"{block}.1.layer_norm", h, model.ComputeType), states, own, memory));
        return DenseReluDense($"{block}.2", h, own).MoveToOuterDisposeScope();
    }

    Tensor SelfAttention(string name, Tensor x, Pass pass) // (n, D)
    {
        using var scope = NewDisposeScope();
        var y = Linear([name + ".q", name + ".k", name + ".v"], x, pass); // (n, 3·H·K)
        var heads = TokenMove.Pad(y, pass.Rows).unflatten(2, 3, _config.NumHeads, _config.DKv).permute(2, 0, 3, 1, 4).contiguous().unbind(0);
        return Linear([name + ".o"], TokenMove.Unpad(Attend(heads[0], heads[1], heads[2], pass.Bias), pass.Rows), pass).MoveToOuterDisposeScope();
    }

    /// <param name="states">The encoder's, (n, D).</param>
    Tensor CrossAttention(string name, Tensor x, Tensor states, Pass own, Pass memory) // (n, D)
    {
        using var scope = NewDisposeScope();
        var q = Heads(Linear([name + ".q"], x, own), own); // (B, H, T, K)
        var context = AbsorbingPays(x.shape[0], memory.Rows)
            ? Absorbed(name, q, states, memory)
            : Attend(q, Heads(Project("k"), memory), Heads(Project("v"), memory), memory.Bias);
        return Linear([name + ".o"], TokenMove.Unpad(context, own.Rows), own).MoveToOuterDisposeScope();

        Tensor Project(string part) // (n, H·K)
        {
            var y = FrozenProducts.Multiply(states, _weights[$"{name}.{part}.weight"], Observe([$"{name}.{part}"]));
            return Update($"{name}.{part}", states, memory) is { } update ? Plus(y, update) : y;
        }
    }

    /// <summary>Whether absorbing takes less arithmetic than projecting; see <see cref="EncDecAttention"/>.</summary>
    /// <param name="targets">The number of tokens of all answers.</param>
    bool AbsorbingPays(long targets, TokenRows inputs) => updates is null &&
        2 * targets * (_config.DKv + inputs.Longest) < (long)inputs.Rows.Count * inputs.Longest * _config.DKv;

    /// <summary>
    /// Attention to the encoder's states without keys and values of the base model: q·W_k is compared with the states, and W_v is applied to their
    /// sums. Low-rank updates are absorbed in the same way.
    /// </summary>
    /// <param name="q">(B, H, T, K).</param>
    Tensor Absorbed(string name, Tensor q, Tensor states, Pass memory) // (B, T, H·K)
    {
        using var scope = NewDisposeScope();
        var padded = TokenMove.Pad(states, memory.Rows); // (B, S, D)
        var k = _weights[$"{name}.k.weight"].view(_config.NumHeads, _config.DKv, -1); // (H, K, D)
        var v = _weights[$"{name}.v.weight"].view(_config.NumHeads, _config.DKv, -1);
        var scores = Times(q, k).flatten(1, 2).matmul(padded.transpose(1, 2)).view(q.shape[0], q.shape[1], q.shape[2], -1); // (B, H, T, S)
        scores = Inner($"{name}.k", states, memory) is { } keys
            ? Plus(scores, Times(q, ByHeads($"{name}.k")).matmul(TokenMove.Pad(keys, memory.Rows).unsqueeze(1).transpose(2, 3)))
            : scores;
        var attention = Softmax(scores, memory.Bias);
        var sums = attention.flatten(1, 2).matmul(padded).view(q.shape[0], q.shape[1], q.shape[2], -1); // (B, H, T, D)
        var context = Times(sums, v.transpose(1, 2)); // (B, H, T, K)
        context = Inner($"{name}.v", states, memory) is { } values
            ? Plus(context, Times(attention.matmul(TokenMove.Pad(values, memory.Rows).unsqueeze(1)), ByHeads($"{name}.v").transpose(1, 2)))
            : context;
        return context.transpose(1, 2).flatten(2).MoveToOuterDisposeScope();

        Tensor ByHeads(string layer) => factors.Of(layer)!.B.to(q.dtype).unflatten(0, _config.NumHeads, _config.DKv); // (H, K, r)

        // (B, H, T, in), (H, in, out) → (B, H, T, out), with each head's matrix for all rows
        static Tensor Times(Tensor x, Tensor matrices) =>
            x.transpose(0, 1).flatten(1, 2).bmm(matrices).unflatten(1, x.shape[0], x.shape[2]).transpose(0, 1).contiguous();
    }

    Tensor Heads(Tensor y, Pass pass) => // (n, H·K) → (B, H, T, K)
        TokenMove.Pad(y, pass.Rows).unflatten(2, _config.NumHeads, _config.DKv).transpose(1, 2).contiguous();

    static Tensor Attend(Tensor q, Tensor k, Tensor v, AttentionBias bias) // (B, H, T, K), (B, H, S, K) → (B, T, H·K)
    {
        using var scope = NewDisposeScope();
        var attention = Softmax(q.matmul(k.transpose(2, 3)), bias); // (B, H, T, S)
        return attention.matmul(v).transpose(1, 2).flatten(2).MoveToOuterDisposeScope();
    }

    /// <param name="scores">(B, H, T, S); may be overwritten.</param>
    static Tensor Softmax(Tensor scores, AttentionBias bias) => MaskedSoftmax.CanFuse(scores, bias)
        ? OwnGradient.Of(
                scores, x => MaskedSoftmax.Of(x, bias), (gradient, result) => MaskedSoftmax.Backward(result!, gradient), OwnGradient.Kept.Result)
        : MaskedSoftmax.Plain(scores, bias);

    /// <summary>The residual stream after the layer's norm and feed-forward.</summary>
    Tensor DenseReluDense(string layer, Tensor h, Pass pass) // (n, D)
    {
        using var scope = NewDisposeScope();
        var (name, x) = ($"{layer}.DenseReluDense", Norm($"{layer}.layer_norm", h, model.ComputeType));
        var inner = Linear(_config.IsGated ? [name + ".wi_0", name + ".wi_1"] : [name + ".wi"], x, pass); // (n, d_ff) or (n, 2·d_ff)
        var activated = !_config.IsGated ? inner.relu() : GatedGelu.CanFuse(inner)
            ? OwnGradient.Of(inner, GatedGelu.Forward, (gradient, both) => GatedGelu.Backward(both!, gradient), OwnGradient.Kept.Input)
            : GatedGelu.Plain(inner); // (n, d_ff)
        return Plus(h, Linear([name + ".wo"], activated, pass)).MoveToOuterDisposeScope();
    }

    /// <param name="names">Layers with the same x, whose outputs are side by side.</param>
    Tensor Linear(IReadOnlyList<string> names, Tensor x, Pass pass) // (n, in) → (n, names·out)
    {
        using var scope = NewDisposeScope();
        var y = _products.Multiply(x, _weights.MatrixOf(names[0] + ".weight"), Observe(names));
        var added = names.Select(name => Update(name, x, pass)).ToArray();
        if (added.All(update => update is null))
        {
            return y.MoveToOuterDisposeScope();
        }

        var parts = y.split(y.shape[1] / names.Count, 1).Zip(added, (part, update) => update is null ? part : Plus(part, update)).ToArray();
        return (parts.Length == 1 ? parts[0] : cat(parts, 1)).MoveToOuterDisposeScope();
    }

    /// <summary>Adds the gradients of the layers' updates; null if none are asked for.</summary>
    /// <param name="names">Layers with the same x, whose outputs are side by side.</param>
    Action<Tensor, Tensor>? Observe(IReadOnlyList<string> names) => updates is null ? null : (gradient, x) =>
    {
        foreach (var (name, part) in names.Zip(gradient.split(gradient.shape[1] / names.Count, 1)))
        {
            updates.Add(name, part, x);
        }
    };

    /// <summary>scaling · B(A x), (n, out), or null if the layer has no factors.</summary>
    Tensor? Update(string layer, Tensor x, Pass pass)
    {
        using var scope = NewDisposeScope();
        return Inner(layer, x, pass) is { } inner ? linear(inner, factors.Of(layer)!.B.to(x.dtype)).MoveToOuterDisposeScope() : null;
    }

    /// <summary>scaling · A x, (n, r), or null if the layer has no factors.</summary>
    Tensor? Inner(string layer, Tensor x, Pass pass)
    {
        if (factors.Of(layer) is not { } update)
        {
            return null;
        }

        using var scope = NewDisposeScope();
        var dropped = pass.Dropout is { } dropout && update.A.requires_grad ? x.mul(dropout.Of(layer, x, pass.Rows)) : x;
        return linear(dropped, update.A.to(x.dtype)).mul(LiveScalar.Of(update.Scaling)).MoveToOuterDisposeScope();
    }

    static Tensor Plus(Tensor x, Tensor y) => x.add(y, LiveScalar.One);

    Tensor Norm(string name, Tensor h, ScalarType type) // (n, D)
    {
        var (weight, epsilon) = (_weights[name + ".weight"], _config.LayerNormEpsilon);
        return ResidualNorm.CanFuse(h, type)
            ? OwnGradient.Of(
                h, x => ResidualNorm.Forward(x, null, weight, epsilon, type),
                (gradient, x) => ResidualNorm.Backward(x!, weight, epsilon, gradient), OwnGradient.Kept.Input)
            : ResidualNorm.Plain(h, null, weight, epsilon, type);
    }

    Tensor LossSum(Tensor h, Tensor labels)
    {
        using var scope = NewDisposeScope();
        var states = Norm("decoder.final_layer_norm", h, model.StreamType);
        var scaled = _config.TieWordEmbeddings ? states.mul(LiveScalar.Of(Math.Pow(_config.DModel, -0.5))) : states;
        var logits = _products.Multiply(scaled, _weights.MatrixOf(_config.TieWordEmbeddings ? T5Weights.Embedding : T5Weights.Head));
        return cross_entropy(logits, labels, ignore_index: TeacherForcing.Ignored, reduction: nn.Reduction.Sum).MoveToOuterDisposeScope();
    }

    /// <summary>What a layer needs to know about the rows that it computes.</summary>
    readonly record struct Pass(TokenRows Rows, AttentionBias Bias, DropoutMasks? Dropout);
}
