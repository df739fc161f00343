using LoraHub.Inference.Checkpoints;
using LoraHub.Inference.Kernels;
using LoraHub.Inference.Lora;

using static TorchSharp.torch;

namespace LoraHub.Inference.T5;

/// <summary>
/// T5 (arXiv 1910.10683) for inference: v1.0 (relu, tied head) and v1.1 with FLAN-T5 (gated gelu, own head). Shared by predictions; its tensors are
/// never changed, an adapter acts beside them. Written from transformers 4.31's behaviour, which the golden files pin.
/// </summary>
sealed class T5Model : IDisposable
{
    readonly T5Weights _weights;
    readonly Tensor _shared; // (vocabulary, D)
    readonly Matrix _lmHead; // (vocabulary, D)
    readonly Encoder _encoder;
    readonly Decoder _decoder;

    T5Model(string folder, T5Config config, T5Weights weights, Device device)
    {
        (Folder, Config, Device, _weights) = (folder, config, device, weights);
        _shared = weights.Get(weights.Embedding, weights.ComputeType, config.VocabSize, config.DModel);

        // In fp32 even where the other matrices are not: a logit's rounding would be the loss's.
        _lmHead = weights.GetMatrix([config.TieWordEmbeddings ? weights.Embedding : "lm_head.weight"], weights.StreamType, config.VocabSize, config.DModel);
        _encoder = new Encoder(weights, config);
        _decoder = new Decoder(weights, config);
        weights.ReadAll();
    }

    /// <summary>The Hugging Face folder it was loaded from.</summary>
    public string Folder { get; }

    public T5Config Config { get; }

    public Device Device { get; }

    /// <summary>The dtype of the matrices.</summary>
    public ScalarType ComputeType => _weights.ComputeType;

    /// <summary>The dtype of the residual stream, logits and loss: at least fp32.</summary>
    public ScalarType StreamType => _weights.StreamType;

    public long Parameters => _weights.Parameters;

    public long Bytes => _weights.Bytes;

    /// <summary>What the checkpoint holds, tied copies of the embedding left out.</summary>
    public IReadOnlyDictionary<string, TensorEntry> Tensors => _weights.Entries;

    /// <summary>Loads a Hugging Face folder: <c>config.json</c> and safetensors or torch files. The caller disposes the model.</summary>
    /// <param name="computeType">Says, from the number of parameters, which dtype the matrices shall have.</param>
    /// <exception cref="ModelException">The folder holds no T5 that we know.</exception>
    /// <exception cref="Checkpoints.CheckpointException">Its checkpoint is broken or not safe to read.</exception>
    public static T5Model Load(string folder, Device device, Func<long, ScalarType> computeType)
    {
        FreedMemory.Keep();
        var config = T5Config.Load(folder);
        var weights = new T5Weights(folder, device, computeType);
        try
        {
            return new T5Model(folder, config, weights, device);
        }
        catch
        {
            weights.Dispose();
            throw;
        }
    }

    /// <summary>The shape of a linear layer's matrix, (out, in), or null when the name is no attention or feed-forward layer's.</summary>
    /// <param name="layer">The checkpoint's name without <c>.weight</c>.</param>
    public IReadOnlyList<long>? ShapeOf(string layer) => ShapeOf(layer, Tensors);

    /// <param name="tensors">Of a T5.</param>
    /// <inheritdoc cref="ShapeOf(string)"/>
    internal static IReadOnlyList<long>? ShapeOf(string layer, IReadOnlyDictionary<string, TensorEntry> tensors) =>
        layer.AsSpan(layer.LastIndexOf('.') + 1) is "q" or "k" or "v" or "o" or "wi" or "wi_0" or "wi_1" or "wo" && tensors.TryGetValue(layer + ".weight", out var entry)
            ? entry.Shape
            : null;

    /// <returns>What the decoder attends to; belongs to the caller's scope.</returns>
    public EncodedText Encode(TokenRows rows, LoraLayers? lora, IList<Tensor>? hiddenStates = null)
    {
        using var scope = NewDisposeScope();
        var states = _encoder.Forward(Embed(rows), rows, lora, hiddenStates); // (n, D)
        return new EncodedText(rows, states.MoveToOuterDisposeScope(), rows.Pad(states).MoveToOuterDisposeScope());
    }

    /// <param name="rows">The positions after those in the cache.</param>
    /// <param name="cache">Null to score given answers: then there are no positions before.</param>
    /// <returns>The decoder's last hidden states, (n, D), in the residual stream's dtype; belong to the caller's scope.</returns>
    public Tensor Decode(TokenRows rows, EncodedText encoded, LoraLayers? lora, DecoderCache? cache = null, IList<Tensor>? hiddenStates = null) =>
        _decoder.Forward(Embed(rows), rows, encoded, lora, cache, hiddenStates);

    /// <summary>(n, D) → (n, vocabulary), in fp32 or better; belongs to the caller's scope.</summary>
    public Tensor Logits(Tensor states)
    {
        using var scope = NewDisposeScope();
        // A tied head takes states scaled down to the embedding's range.
        var scaled = Config.TieWordEmbeddings ? states.mul(Math.Pow(Config.DModel, -0.5)) : states;
        return _lmHead.Multiply(scaled).MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        _weights.Dispose();
        FreedMemory.Release();
    }

    Tensor Embed(TokenRows rows) => _shared.index_select(0, rows.Ids).to(_weights.StreamType, copy: true); // (n, D), a fresh tensor
}

/// <summary>What the decoder attends to.</summary>
/// <param name="States">The encoder's last hidden states, (n, D).</param>
/// <param name="Padded">The same, (B, S, D).</param>
readonly record struct EncodedText(TokenRows Rows, Tensor States, Tensor Padded);
