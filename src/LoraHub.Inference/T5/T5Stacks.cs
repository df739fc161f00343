using LoraHub.Formats.ModelConfig;
using LoraHub.Inference.Kernels;

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

    /// <summary>The bias of each of some positions to each, (H, count, count); belongs to the caller's scope.</summary>
    public Tensor Positions(int count) => _positions.Between(0, count, count);

    /// <param name="h">Embeddings, (n, D); overwritten.</param>
    /// <param name="hiddenStates">Receives a copy of the residual stream before each block, which the caller disposes; for inspection.</param>
    /// <exception cref="OperationCanceledException">Checked before each block: one of a long text takes long.</exception>
    public Tensor Forward(
        Tensor h, TokenRows rows, LoraUpdates? lora, IList<Tensor>? hiddenStates = null, CancellationToken cancellationToken = default) // (n, D)
    {
        using var scope = NewDisposeScope();
        var bias = new AttentionBias(_positions.Between(0, rows.Longest, rows.Longest), rows.Mask, IsCausal: false);
        Tensor? output = null; // the last sublayer's, which the next norm adds to h
        foreach (var block in _block)
        {
            cancellationToken.ThrowIfCancellationRequested();
            hiddenStates?.Add((output is null ? h.clone() : h.add(output, LiveScalar.One)).DetachFromDisposeScope());
            using var taken = output;
            output = block.Forward(h, taken, rows, bias, lora);
        }

        return _finalLayerNorm.Forward(h, output).MoveToOuterDisposeScope();
    }

    sealed class Block(T5Weights weights, string name, T5Config config)
    {
        readonly LayerNorm _selfNorm = new(weights, name + ".layer.0.layer_norm", config);
        readonly SelfAttention _selfAttention = new(weights, name + ".layer.0.SelfAttention", config);
        readonly LayerNorm _denseNorm = new(weights, name + ".layer.1.layer_norm", config);
        readonly DenseReluDense _dense = new(weights, name + ".layer.1.DenseReluDense", config);

        public Tensor Forward(Tensor h, Tensor? output, TokenRows rows, AttentionBias bias, LoraUpdates? lora) // (n, D)
        {
            using var scope = NewDisposeScope();
            output = _selfAttention.Forward(_selfNorm.Forward(h, output), rows, bias, lora);
            return _dense.Forward(_denseNorm.Forward(h, output), lora).MoveToOuterDisposeScope();
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

    /// <param name="h">Embeddings, (n, D); overwritten.</param>
    /// <param name="hiddenStates">Receives a copy of the residual stream before each block, which the caller disposes; for inspection.</param>
    /// <returns>(n, D), in the residual stream's dtype.</returns>
    /// <exception cref="OperationCanceledException">Checked before each block.</exception>
    public Tensor Forward(
        Tensor h,
        TokenRows rows,
        EncodedText encoded,
        LoraLayers? lora,
        IList<Tensor>? hiddenStates = null,
        CancellationToken cancellationToken = default)
    {
        using var scope = NewDisposeScope();

        // Shorter rows need no mask: their padding comes after all of their queries, so the causal mask covers it.
        var bias = new AttentionBias(AllPositions(rows.Longest), null, IsCausal: rows.Longest > 1);
        Tensor? output = null; // the last sublayer's, which the next norm adds to h
        foreach (var block in _block)
        {
            cancellationToken.ThrowIfCancellationRequested();
            hiddenStates?.Add((output is null ? h.clone() : h.add(output, LiveScalar.One)).DetachFromDisposeScope());
            using var taken = output;
            output = block.Forward(h, taken, rows, bias, encoded, lora);
        }

        return _finalLayerNorm.Forward(h, output, _weights.StreamType).MoveToOuterDisposeScope();
    }

    /// <summary>One more token of each answer. Its keys and values become the last ones of the answers' rows.</summary>
    /// <param name="h">Embeddings, (R, D); overwritten.</param>
    /// <returns>(R, D), in the residual stream's dtype.</returns>
    public Tensor Step(Tensor h, AnswerStep step, LoraUpdates? lora)
    {
        using var scope = NewDisposeScope();
        Tensor? output = null;
        foreach (var block in _block)
        {
            using var taken = output;
            output = block.Step(h, taken, step, lora);
        }

        return _finalLayerNorm.Forward(h, output, _weights.StreamType).MoveToOuterDisposeScope();
    }

    /// <inheritdoc cref="Encoder.Positions"/>
    public Tensor AllPositions(int count) => _positions.Between(0, count, count);

    /// <summary>The bias of the last of some positions to each, (H, 1, positions); belongs to the caller's scope.</summary>
    public Tensor Positions(int count) => _positions.Between(count - 1, 1, count);

    /// <summary>Projects the encoder's states into each row's memory.</summary>
    public void Remember(EncodedText encoded, IReadOnlyList<AnswerMemory> memories, LoraUpdates? lora)
    {
        foreach (var block in _block)
        {
            block.Remember(encoded, memories, lora);
        }
    }

    sealed class Block(T5Weights weights, string name, int index, T5Config config)
    {
        readonly LayerNorm _selfNorm = new(weights, name + ".layer.0.layer_norm", config);
        readonly SelfAttention _selfAttention = new(weights, name + ".layer.0.SelfAttention", config);
        readonly LayerNorm _crossNorm = new(weights, name + ".layer.1.layer_norm", config);
        readonly EncDecAttention _encDecAttention = new(weights, name + ".layer.1.EncDecAttention", config);
        readonly LayerNorm _denseNorm = new(weights, name + ".layer.2.layer_norm", config);
        readonly DenseReluDense _dense = new(weights, name + ".layer.2.DenseReluDense", config);

        public Tensor Forward(
            Tensor h, Tensor? output, TokenRows rows, AttentionBias bias, EncodedText encoded, LoraLayers? lora) // (n, D)
        {
            using var scope = NewDisposeScope();
            output = _selfAttention.Forward(_selfNorm.Forward(h, output), rows, bias, lora);
            output = AttendToMemory(_crossNorm.Forward(h, output), rows, encoded, lora);
            return _dense.Forward(_denseNorm.Forward(h, output), lora).MoveToOuterDisposeScope();
        }

        public Tensor Step(Tensor h, Tensor? output, AnswerStep step, LoraUpdates? lora) // (R, D)
        {
            using var scope = NewDisposeScope();
            output = _selfAttention.Step(_selfNorm.Forward(h, output), step, index, lora);
            output = _encDecAttention.Step(_crossNorm.Forward(h, output), step, index, lora);
            return _dense.Step(_denseNorm.Forward(h, output), lora).MoveToOuterDisposeScope();
        }

        public void Remember(EncodedText encoded, IReadOnlyList<AnswerMemory> memories, LoraUpdates? lora) =>
            _encDecAttention.Remember(encoded, memories, index, lora);

        Tensor AttendToMemory(Tensor x, TokenRows rows, EncodedText encoded, LoraLayers? lora)
        {
            if (_encDecAttention.AbsorbingPays(x.shape[0], encoded))
            {
                return _encDecAttention.Absorbed(x, rows, encoded, lora);
            }

            return _encDecAttention.Forward(x, rows, _encDecAttention.Project(encoded, lora), encoded.Rows.Mask, lora);
        }
    }
}
