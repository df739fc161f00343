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
    readonly Tensor _lmHead; // (vocabulary, D)
    readonly Encoder _encoder;
    readonly Decoder _decoder;

    T5Model(string folder, T5Config config, T5Weights weights, Device device)
    {
        (Folder, Config, Device, _weights) = (folder, config, device, weights);
        _shared = weights.Embedding(config);
        _lmHead = config.TieWordEmbeddings ? _shared : weights.Get("lm_head.weight", config.VocabSize, config.DModel);
        _encoder = new Encoder(weights, config);
        _decoder = new Decoder(weights, config);
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

    public IReadOnlyCollection<string> TensorNames => _weights.Names;

    /// <summary>Loads a Hugging Face folder: <c>config.json</c> and safetensors or torch files. The caller disposes the model.</summary>
    /// <param name="computeType">Says, from the number of parameters, which dtype the matrices shall have.</param>
    /// <exception cref="ModelException">The folder holds no T5 that we know.</exception>
    /// <exception cref="Checkpoints.CheckpointException">Its checkpoint is broken or not safe to read.</exception>
    public static T5Model Load(string folder, Device device, Func<long, ScalarType> computeType)
    {
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

    /// <summary>A linear layer's matrix, (out, in), owned by the model, or null when the name is no attention or feed-forward layer's.</summary>
    /// <param name="layer">The checkpoint's name without <c>.weight</c>.</param>
    public Tensor? Matrix(string layer) =>
        layer.AsSpan(layer.LastIndexOf('.') + 1) is "q" or "k" or "v" or "o" or "wi" or "wi_0" or "wi_1" or "wo" && _weights.Names.Contains(layer + ".weight")
            ? _weights[layer + ".weight"]
            : null;

    /// <summary>A tensor of the checkpoint by its whole name, owned by the model.</summary>
    public Tensor this[string name] => _weights[name];

    /// <param name="ids">int64, (B, S).</param>
    /// <param name="mask">1 where a token counts, (B, S).</param>
    /// <returns>What the decoder attends to; belongs to the caller's scope.</returns>
    public EncodedText Encode(Tensor ids, Tensor mask, LoraLayers? lora, IList<Tensor>? hiddenStates = null)
    {
        using var scope = NewDisposeScope();
        var additive = AttentionMask.From(mask, ComputeType); // (B, 1, 1, S)
        var states = _encoder.Forward(Embed(ids), additive, lora, hiddenStates); // (B, S, D)
        return new EncodedText(states.MoveToOuterDisposeScope(), additive.MoveToOuterDisposeScope());
    }

    /// <param name="ids">int64, (B, T): the positions after those in the cache.</param>
    /// <returns>The decoder's last hidden states, (B, T, D); belong to the caller's scope.</returns>
    public Tensor Decode(Tensor ids, EncodedText encoded, LoraLayers? lora, DecoderCache? cache = null, IList<Tensor>? hiddenStates = null) =>
        _decoder.Forward(Embed(ids), encoded, lora, cache, hiddenStates);

    /// <summary>(B, T, D) → (B, T, vocabulary), in fp32 or better; belongs to the caller's scope.</summary>
    public Tensor Logits(Tensor states)
    {
        using var scope = NewDisposeScope();
        // A tied head takes states scaled down to the embedding's range.
        var scaled = Config.TieWordEmbeddings ? states.mul(Math.Pow(Config.DModel, -0.5)) : states;
        return nn.functional.linear(scaled, _lmHead).to(_weights.StreamType).MoveToOuterDisposeScope();
    }

    public void Dispose() => _weights.Dispose();

    Tensor Embed(Tensor ids) => // (B, T) → (B, T, D), a fresh tensor in the residual stream's dtype
        _shared.index_select(0, ids.flatten()).to(_weights.StreamType).view(ids.shape[0], ids.shape[1], Config.DModel);
}

/// <summary>The encoder's states, (B, S, D), and the mask over them, additive, (B, 1, 1, S).</summary>
readonly record struct EncodedText(Tensor States, Tensor Mask);
