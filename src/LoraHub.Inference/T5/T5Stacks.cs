using LoraHub.Inference.Lora;

using static TorchSharp.torch;

namespace LoraHub.Inference.T5;

/// <summary>The encoder: self-attention and feed-forward, each around a pre-norm residual (arXiv 1910.10683, section 2.1).</summary>
sealed class Encoder
{
    readonly Block[] _block;
    readonly LayerNorm _finalLayerNorm;
    readonly PositionBias _positions;

    public Encoder(T5Weights weights, T5Config config)
    {
        _block = [.. Enumerable.Range(0, config.NumLayers).Select(i => new Block(weights, $"encoder.block.{i}", config))];
        _positions = new PositionBias(weights, "encoder.block.0.layer.0.SelfAttention", config, bidirectional: true);
        _finalLayerNorm = new LayerNorm(weights, "encoder.final_layer_norm", config);
    }

    /// <param name="h">Embeddings, (B, S, D); overwritten.</param>
    /// <param name="mask">Additive, (B, 1, 1, S).</param>
    /// <param name="hiddenStates">Receives a copy of the residual stream before each block, which the caller disposes; for inspection.</param>
    public Tensor Forward(Tensor h, Tensor mask, LoraLayers? lora, IList<Tensor>? hiddenStates = null)
    {
        using var scope = NewDisposeScope();
        var bias = _positions.Between(0, (int)h.shape[1], (int)h.shape[1]).add(mask); // (B, H, S, S)
        foreach (var block in _block)
        {
            hiddenStates?.Add(h.clone().DetachFromDisposeScope());
            block.Forward(h, bias, lora);
        }

        return _finalLayerNorm.Forward(h).MoveToOuterDisposeScope(); // (B, S, D)
    }

    sealed class Block(T5Weights weights, string name, T5Config config)
    {
        readonly LayerNorm _selfNorm = new(weights, name + ".layer.0.layer_norm", config);
        readonly Attention _selfAttention = new(weights, name + ".layer.0.SelfAttention", config);
        readonly LayerNorm _denseNorm = new(weights, name + ".layer.1.layer_norm", config);
        readonly DenseReluDense _dense = new(weights, name + ".layer.1.DenseReluDense", config);

        public void Forward(Tensor h, Tensor bias, LoraLayers? lora)
        {
            using var scope = NewDisposeScope();
            var x = _selfNorm.Forward(h);
            h.add_(_selfAttention.Attend(x, _selfAttention.Project(x, lora), bias, lora));
            h.add_(_dense.Forward(_denseNorm.Forward(h), lora));
        }
    }
}

/// <summary>The decoder: causal self-attention, attention to the encoder's states, feed-forward.</summary>
sealed class Decoder
{
    readonly Block[] _block;
    readonly LayerNorm _finalLayerNorm;
    readonly PositionBias _positions;
    readonly T5Weights _weights;

    public Decoder(T5Weights weights, T5Config config)
    {
        _weights = weights;
        _block = [.. Enumerable.Range(0, config.DecoderLayers).Select(i => new Block(weights, $"decoder.block.{i}", i, config))];
        _positions = new PositionBias(weights, "decoder.block.0.layer.0.SelfAttention", config, bidirectional: false);
        _finalLayerNorm = new LayerNorm(weights, "decoder.final_layer_norm", config);
    }

    /// <param name="h">Embeddings of the positions after the cached ones, (B, T, D); overwritten.</param>
    /// <param name="cache">Holds the positions before and gains these; with null there are none before.</param>
    /// <param name="hiddenStates">Receives a copy of the residual stream before each block, which the caller disposes; for inspection.</param>
    public Tensor Forward(Tensor h, EncodedText encoded, LoraLayers? lora, DecoderCache? cache, IList<Tensor>? hiddenStates = null)
    {
        using var scope = NewDisposeScope();
        var (past, length) = (cache?.Length ?? 0, (int)h.shape[1]);
        var bias = _positions.Between(past, length, past + length); // (1, H, T, past + T)
        if (length > 1)
        {
            // Position t of the new ones sees the past and the new ones up to itself.
            var hidden = ones(length, past + length, ScalarType.Bool, h.device).triu(past + 1);
            bias = bias.masked_fill(hidden, AttentionMask.Hidden(_weights.ComputeType));
        }

        foreach (var block in _block)
        {
            hiddenStates?.Add(h.clone().DetachFromDisposeScope());
            block.Forward(h, bias, encoded, lora, cache);
        }

        cache?.Advance(length);
        return _finalLayerNorm.Forward(h).MoveToOuterDisposeScope(); // (B, T, D)
    }

    sealed class Block(T5Weights weights, string name, int index, T5Config config)
    {
        readonly LayerNorm _selfNorm = new(weights, name + ".layer.0.layer_norm", config);
        readonly Attention _selfAttention = new(weights, name + ".layer.0.SelfAttention", config);
        readonly LayerNorm _crossNorm = new(weights, name + ".layer.1.layer_norm", config);
        readonly Attention _encDecAttention = new(weights, name + ".layer.1.EncDecAttention", config);
        readonly LayerNorm _denseNorm = new(weights, name + ".layer.2.layer_norm", config);
        readonly DenseReluDense _dense = new(weights, name + ".layer.2.DenseReluDense", config);

        public void Forward(Tensor h, Tensor bias, EncodedText encoded, LoraLayers? lora, DecoderCache? cache)
        {
            using var scope = NewDisposeScope();
            var x = _selfNorm.Forward(h);
            var own = _selfAttention.Project(x, lora);
            h.add_(_selfAttention.Attend(x, cache?.Append(index, own) ?? own, bias, lora));

            var memory = cache is null ? _encDecAttention.Project(encoded.States, lora) : cache.Memory(index, () => _encDecAttention.Project(encoded.States, lora));
            h.add_(_encDecAttention.Attend(_crossNorm.Forward(h), memory, encoded.Mask, lora));
            h.add_(_dense.Forward(_denseNorm.Forward(h), lora));
        }
    }
}
