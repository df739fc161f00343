using LoraHub.Formats.ModelConfig;
using LoraHub.Formats.Tensors;
using LoraHub.Inference.Checkpoints;
using LoraHub.Inference.T5;

using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace LoraHub.Plain;

/// <summary>
/// T5 computed operation by operation as in transformers 4.31: padded rows with a mask, one product per matrix, and one dtype for everything except
/// a norm's variance and softmax, which use fp32. Tests and benchmarks compare the engine with it. Owns its tensors.
/// </summary>
/// <remarks>
/// Shapes: B rows, S source positions, T target positions, D = d_model, H heads of width K = d_kv. Layers are named as the checkpoint names them.
/// Returned tensors belong to the caller's scope.
/// </remarks>
sealed class PlainT5 : IDisposable
{
    const string Shared = "shared.weight";
    const long Ignored = -100;

    readonly T5Config _config;
    readonly int _end;
    readonly ScalarType _type;
    readonly Dictionary<string, Tensor> _weights;

    PlainT5(T5Config config, int end, ScalarType type, Dictionary<string, Tensor> weights) =>
        (_config, _end, _type, _weights) = (config, end, type, weights);

    /// <summary>Loads a Hugging Face folder; the caller disposes the model.</summary>
    /// <param name="type">fp32, bf16 or fp64: the dtype of all weights and states.</param>
    /// <exception cref="ModelException">The folder's <c>config.json</c> does not describe a supported T5.</exception>
    /// <exception cref="CheckpointException">The checkpoint is broken or unsafe to read.</exception>
    public static PlainT5 Load(string folder, ScalarType type)
    {
        using var scope = NewDisposeScope();
        using var checkpoint = TensorReader.OpenModel(folder);
        var weights = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        foreach (var name in checkpoint.Entries.Keys.Where(name => !name.EndsWith("embed_tokens.weight", StringComparison.Ordinal))) // tied copies
        {
            weights[name] = checkpoint.Read(name).to(type, CPU, copy: true);
        }

        var config = T5Config.Load(folder);
        var model = new PlainT5(config, GenerationConfig.Load(folder, config).EndTokenIds[0], type, weights);
        scope.Detach(weights.Values);
        return model;
    }

    /// <summary>The mean cross-entropy of the labels that are not −100, in the model's dtype.</summary>
    /// <param name="ids">int64, (B, S), padded.</param>
    /// <param name="mask">1 where a token counts, (B, S).</param>
    /// <param name="labels">int64, (B, T).</param>
    /// <param name="lora">Null for the base model.</param>
    public double Loss(Tensor ids, Tensor mask, Tensor labels, PlainLora? lora)
    {
        using var scope = NewDisposeScope();
        var logits = Logits(ids, mask, labels, lora); // (B, T, vocabulary)
        return cross_entropy(logits.flatten(0, 1), labels.flatten(), ignore_index: Ignored).to(ScalarType.Float64).item<double>();
    }

    /// <summary>The cross-entropy of every label, (B, T), in the model's dtype; 0 where the label is −100.</summary>
    /// <inheritdoc cref="Loss"/>
    public Tensor TokenLosses(Tensor ids, Tensor mask, Tensor labels, PlainLora? lora)
    {
        using var scope = NewDisposeScope();
        var logits = Logits(ids, mask, labels, lora); // (B, T, vocabulary)
        var losses = cross_entropy(logits.flatten(0, 1), labels.flatten(), ignore_index: Ignored, reduction: nn.Reduction.None);
        return losses.view(labels.shape).MoveToOuterDisposeScope();
    }

    /// <summary>The logits at every label, (B, T, vocabulary), given the labels before it.</summary>
    /// <inheritdoc cref="Loss"/>
    public Tensor Logits(Tensor ids, Tensor mask, Tensor labels, PlainLora? lora)
    {
        using var scope = NewDisposeScope();
        var hidden = Additive(mask).unsqueeze(1).unsqueeze(1); // (B, 1, 1, S)
        return Decode(ShiftRight(labels), Encode(ids, hidden, lora), hidden, lora).MoveToOuterDisposeScope();
    }

    /// <summary>Generates greedily without a cache: every step decodes all positions again.</summary>
    /// <param name="ids">int64, (B, S); positions with the pad token are masked.</param>
    /// <returns>For each row, the ids after the start token; finished rows are padded until the last row ends.</returns>
    public long[][] Generate(Tensor ids, int maxNewTokens, PlainLora? lora)
    {
        using var scope = NewDisposeScope();
        var (rows, pad) = (ids.shape[0], (long)_config.PadTokenId);
        var hidden = Additive(ids.ne(pad)).unsqueeze(1).unsqueeze(1); // (B, 1, 1, S)
        var states = Encode(ids, hidden, lora); // (B, S, D)
        var decoded = full([rows, 1], _config.DecoderStartTokenId, ScalarType.Int64); // (B, 1 + generated)
        var ended = zeros(rows, ScalarType.Bool); // (B)
        for (var step = 0; step < maxNewTokens && !ended.all().item<bool>(); step++)
        {
            using var one = NewDisposeScope();
            var next = Decode(decoded, states, hidden, lora).select(1, -1).argmax(-1).masked_fill(ended, pad); // (B)
            ended = ended.logical_or(next.eq(_end)).MoveToOuterDisposeScope();
            decoded = cat([decoded, next.unsqueeze(1)], 1).MoveToOuterDisposeScope();
        }

        return [.. Enumerable.Range(0, (int)rows).Select(row => decoded[row, 1..].data<long>().ToArray())];
    }

    public void Dispose()
    {
        foreach (var weight in _weights.Values)
        {
            weight.Dispose();
        }
    }

    Tensor Encode(Tensor ids, Tensor hidden, PlainLora? lora) // (B, S) → (B, S, D)
    {
        using var scope = NewDisposeScope();
        var h = Embed(ids, _weights[Shared]); // (B, S, D)
        var bias = PositionBias("encoder", ids.shape[1]).add(hidden); // (B, H, S, S)
        for (var i = 0; i < _config.NumLayers; i++)
        {
            using var layer = NewDisposeScope();
            var name = $"encoder.block.{i}.layer";
            var x = LayerNorm($"{name}.0.layer_norm", h);
            h.add_(Attention($"{name}.0.SelfAttention", x, x, bias, lora));
            h.add_(DenseReluDense($"{name}.1.DenseReluDense", LayerNorm($"{name}.1.layer_norm", h), lora));
        }

        return LayerNorm("encoder.final_layer_norm", h).MoveToOuterDisposeScope();
    }

    Tensor Decode(Tensor ids, Tensor states, Tensor hidden, PlainLora? lora) // (B, T), (B, S, D) → (B, T, vocabulary)
    {
        using var scope = NewDisposeScope();
        var h = Embed(ids, _weights[Shared]); // (B, T, D)
        var bias = PositionBias("decoder", ids.shape[1]).add(Additive(ones(ids.shape[1], ids.shape[1]).tril())); // (1, H, T, T)
        for (var i = 0; i < _config.DecoderLayers; i++)
        {
            using var layer = NewDisposeScope();
            var name = $"decoder.block.{i}.layer";
            var x = LayerNorm($"{name}.0.layer_norm", h);
            h.add_(Attention($"{name}.0.SelfAttention", x, x, bias, lora));
            h.add_(Attention($"{name}.1.EncDecAttention", LayerNorm($"{name}.1.layer_norm", h), states, hidden, lora));
            h.add_(DenseReluDense($"{name}.2.DenseReluDense", LayerNorm($"{name}.2.layer_norm", h), lora));
        }

        var y = LayerNorm("decoder.final_layer_norm", h); // (B, T, D)
        var logits = _config.TieWordEmbeddings ? linear(y.mul(Math.Pow(_config.DModel, -0.5)), _weights[Shared]) : Linear("lm_head", y, lora);
        return logits.MoveToOuterDisposeScope();
    }

    static Tensor Embed(Tensor ids, Tensor weight) // (B, T), (vocabulary, D) → (B, T, D)
    {
        using var scope = NewDisposeScope();
        return weight.index_select(0, ids.flatten()).view(ids.shape[0], ids.shape[1], weight.shape[1]).MoveToOuterDisposeScope();
    }

    Tensor Attention(string name, Tensor x, Tensor states, Tensor bias, PlainLora? lora) // (B, T, D), (B, S, D) → (B, T, D)
    {
        using var scope = NewDisposeScope();
        var q = Split(Linear(name + ".q", x, lora)); // (B, H, T, K)
        var k = Split(Linear(name + ".k", states, lora)); // (B, H, S, K)
        var v = Split(Linear(name + ".v", states, lora)); // (B, H, S, K)
        var scores = q.matmul(k.transpose(2, 3)).add_(bias); // (B, H, T, S)
        var attention = scores.to(ScalarType.Float32).softmax(-1).to(_type); // (B, H, T, S)
        var context = attention.matmul(v).transpose(1, 2).flatten(2); // (B, T, H·K)
        return Linear(name + ".o", context, lora).MoveToOuterDisposeScope();

        Tensor Split(Tensor y) => y.unflatten(2, _config.NumHeads, _config.DKv).transpose(1, 2); // (B, T, H·K) → (B, H, T, K)
    }

    Tensor DenseReluDense(string name, Tensor x, PlainLora? lora) // (B, T, D) → (B, T, D)
    {
        using var scope = NewDisposeScope();
        var inner = _config.IsGated // (B, T, d_ff)
            ? GeluNew(name + ".wi_0", x, lora).mul(Linear(name + ".wi_1", x, lora))
            : Linear(name + ".wi", x, lora).relu();
        return Linear(name + ".wo", inner, lora).MoveToOuterDisposeScope();
    }

    // transformers' gelu_new, not torch's fused one. It works in place, as Python frees a step's input at once. With all results kept to the end of
    // the scope, each step took fresh pages from the system and up to eight times as long.
    Tensor GeluNew(string name, Tensor x, PlainLora? lora) // (B, T, D) → (B, T, d_ff)
    {
        using var scope = NewDisposeScope();
        var y = Linear(name, x, lora);
        var inner = y.pow(3).mul_(0.044715).add_(y).mul_(Math.Sqrt(2 / Math.PI));
        return inner.tanh_().add_(1).mul_(y.mul_(0.5)).MoveToOuterDisposeScope();
    }

    Tensor Linear(string name, Tensor x, PlainLora? lora) // (…, in) → (…, out)
    {
        using var scope = NewDisposeScope();
        var y = linear(x, _weights[name + ".weight"]);
        if (lora is not null && lora.Layers.TryGetValue(name, out var update))
        {
            y.add_(linear(linear(x, update.A), update.B).mul(update.Scaling));
        }

        return y.MoveToOuterDisposeScope();
    }

    Tensor LayerNorm(string name, Tensor h) // (B, T, D)
    {
        using var scope = NewDisposeScope();
        var normed = h.mul(InverseDeviation(h)).to(_type);
        return normed.mul(_weights[name + ".weight"]).MoveToOuterDisposeScope();
    }

    Tensor InverseDeviation(Tensor h) // (B, T, D) → (B, T, 1)
    {
        using var scope = NewDisposeScope();
        var variance = h.to(ScalarType.Float32).pow(2).mean([-1], keepdim: true);
        return variance.add(_config.LayerNormEpsilon).rsqrt().MoveToOuterDisposeScope();
    }

    Tensor PositionBias(string stack, long length) // (1, H, length, length)
    {
        using var scope = NewDisposeScope();
        var buckets = new long[length * length];
        for (var query = 0; query < length; query++)
        {
            for (var key = 0; key < length; key++)
            {
                buckets[(query * length) + key] = RelativePosition.Bucket(
                    key - query, stack == "encoder", _config.RelativeAttentionNumBuckets, _config.RelativeAttentionMaxDistance);
            }
        }

        var values = Embed(tensor(buckets, [length, length]), _weights[$"{stack}.block.0.layer.0.SelfAttention.relative_attention_bias.weight"]);
        return values.permute(2, 0, 1).unsqueeze(0).MoveToOuterDisposeScope(); // from (length, length, H)
    }

    Tensor Additive(Tensor mask) // 0 where the mask is 1, the dtype's lowest number elsewhere
    {
        using var scope = NewDisposeScope();
        return (1 - mask.to(_type)).mul(finfo(_type).min).MoveToOuterDisposeScope();
    }

    Tensor ShiftRight(Tensor labels) // (B, T): the start token, then the labels without the last
    {
        using var scope = NewDisposeScope();
        var start = full([labels.shape[0], 1], _config.DecoderStartTokenId, ScalarType.Int64); // (B, 1)
        var shifted = cat([start, labels.narrow(1, 0, labels.shape[1] - 1)], 1);
        return shifted.masked_fill(shifted.eq(Ignored), _config.PadTokenId).MoveToOuterDisposeScope();
    }
}
