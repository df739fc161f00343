using LoraHub.Formats.ModelConfig;
using LoraHub.Formats.Tensors;
using LoraHub.Inference.Kernels;

using static TorchSharp.torch;

namespace LoraHub.Inference.T5;

/// <summary>
/// T5 (arXiv 1910.10683) for inference: v1.0 (relu, tied head) and v1.1 with FLAN-T5 (gated gelu, separate head). Predictions share it: its
/// tensors never change, and adapters are applied beside them. Follows transformers 4.31, whose outputs the golden files record.
/// </summary>
/// <remarks>
/// The counterparts of the classes in transformers' modeling_t5.py:
/// <list type="table">
/// <item><term>T5ForConditionalGeneration, T5Model</term><description><see cref="T5Model"/>; its lm_head is <see cref="Logits"/></description></item>
/// <item><term>T5Stack, T5Block, T5LayerSelfAttention, T5LayerCrossAttention, T5LayerFF</term><description>T5Stacks.cs: <see cref="Encoder"/> and
/// <see cref="Decoder"/> with their blocks; a sublayer's norm adds the previous sublayer's output</description></item>
/// <item><term>T5Attention</term><description><see cref="SelfAttention"/> and <see cref="EncDecAttention"/></description></item>
/// <item><term>compute_bias, _relative_position_bucket</term><description><see cref="PositionBias"/>,
/// <see cref="RelativePosition"/></description></item>
/// <item><term>T5LayerNorm</term><description>T5Layers.cs: <see cref="LayerNorm"/>, computed by Kernels/ResidualNorm.cs</description></item>
/// <item><term>T5DenseActDense, T5DenseGatedActDense</term><description>T5Layers.cs: <see cref="DenseReluDense"/>, its gelu in
/// Kernels/GatedGelu.cs</description></item>
/// <item><term>past_key_values</term><description><see cref="AnswerRow"/> and its <see cref="AnswerMemory"/></description></item>
/// <item><term>attention_mask, padding</term><description><see cref="TokenRows"/></description></item>
/// <item><term>_shift_right, the loss</term><description><see cref="TeacherForcing"/></description></item>
/// <item><term>generate (greedy)</term><description><see cref="GreedyDecoder"/>; for prompts Generation/RunningBatch.cs</description></item>
/// <item><term>from_pretrained</term><description><see cref="Load"/>, <see cref="T5Weights"/></description></item>
/// <item><term>PEFT's lora.Linear</term><description><see cref="LoraLayers"/></description></item>
/// </list>
/// </remarks>
sealed class T5Model : IDisposable
{
    readonly T5Weights _weights;
    readonly Tensor _shared; // (vocabulary, D)
    readonly Matrix _lmHead; // (vocabulary, D)
    readonly Encoder _encoder;
    readonly Decoder _decoder;

    T5Model(string folder, T5Config config, GenerationConfig generation, T5Weights weights, Device device)
    {
        (Folder, Config, Generation, Device, _weights) = (folder, config, generation, device, weights);
        _shared = weights.Get(T5Weights.Embedding, weights.ComputeType, config.VocabSize, config.DModel);

        // In fp32 even if the other matrices are not: the rounding of logits would go into the loss.
        var head = config.TieWordEmbeddings ? T5Weights.Embedding : T5Weights.Head;
        _lmHead = weights.GetMatrix([head], weights.StreamType, config.VocabSize, config.DModel, isOfAnswers: true);
        weights.CheckLayers("encoder", "num_layers", config.NumLayers);
        weights.CheckLayers("decoder", config.NumDecoderLayers is null ? "num_layers" : "num_decoder_layers", config.DecoderLayers);
        _encoder = new Encoder(weights, config);
        _decoder = new Decoder(weights, config);
        weights.ReadAll();
    }

    /// <summary>The Hugging Face folder that the model was loaded from.</summary>
    public string Folder { get; }

    public T5Config Config { get; }

    /// <summary>How the folder wants answers generated.</summary>
    public GenerationConfig Generation { get; }

    public Device Device { get; }

    /// <summary>The dtype of the matrices.</summary>
    public ScalarType ComputeType => _weights.ComputeType;

    /// <summary>The dtype of the residual stream, logits and loss: at least fp32.</summary>
    public ScalarType StreamType => _weights.StreamType;

    public long Parameters => _weights.Parameters;

    public long Bytes => _weights.Bytes;

    /// <inheritdoc cref="T5Weights.RoundedBytes"/>
    public long RoundedBytes => _weights.RoundedBytes;

    /// <summary>For other computations with the same weights; borrowed.</summary>
    public T5Weights Weights => _weights;

    /// <inheritdoc cref="T5Weights.Entries"/>
    public IReadOnlyDictionary<string, TensorEntry> Tensors => _weights.Entries;

    /// <inheritdoc cref="T5Weights.StoredName"/>
    public string StoredName(string tensor) => _weights.StoredName(tensor);

    /// <summary>Loads a Hugging Face folder: <c>config.json</c> and safetensors or torch files. The caller disposes the model.</summary>
    /// <param name="computeType">Chooses the dtype of the matrices from the number of parameters.</param>
    /// <param name="roundsAnswers">Whether answers are decoded with matrices rounded to 8 bits, which are kept beside the others.</param>
    /// <exception cref="ModelException">The folder does not contain a supported T5 model.</exception>
    /// <exception cref="CheckpointException">Its checkpoint is broken or not safe to read.</exception>
    public static T5Model Load(string folder, Device device, Func<long, ScalarType> computeType, bool roundsAnswers = false)
    {
        FreedMemory.Keep();
        var config = T5Config.Load(folder);
        var generation = GenerationConfig.Load(folder, config);
        var weights = new T5Weights(folder, config.TieWordEmbeddings, device, computeType, roundsAnswers);
        try
        {
            return new T5Model(folder, config, generation, weights, device);
        }
        catch
        {
            weights.Dispose();
            throw;
        }
    }

    /// <summary>The shape of a linear layer's matrix, (out, in), or null if the name is not an attention or feed-forward layer's.</summary>
    /// <param name="layer">The checkpoint's name without <c>.weight</c>.</param>
    public IReadOnlyList<long>? ShapeOf(string layer) => T5Layers.ShapeOf(layer, Tensors);

    /// <returns>The encoder's states, which the decoder attends to; belong to the caller's scope.</returns>
    /// <exception cref="OperationCanceledException">Checked before each block.</exception>
    public EncodedText Encode(
        TokenRows rows, LoraUpdates? lora, IList<Tensor>? hiddenStates = null, CancellationToken cancellationToken = default)
    {
        using var scope = NewDisposeScope();
        var states = _encoder.Forward(Embed(rows.Ids), rows, lora, hiddenStates, cancellationToken); // (n, D)
        return new EncodedText(rows, states.MoveToOuterDisposeScope(), rows.Pad(states).MoveToOuterDisposeScope());
    }

    /// <summary>Decodes given answers.</summary>
    /// <returns>The decoder's last hidden states, (n, D), in the residual stream's dtype; belong to the caller's scope.</returns>
    /// <exception cref="OperationCanceledException">Checked before each block.</exception>
    public Tensor Decode(
        TokenRows rows,
        EncodedText encoded,
        LoraLayers? lora,
        IList<Tensor>? hiddenStates = null,
        CancellationToken cancellationToken = default) =>
        _decoder.Forward(Embed(rows.Ids), rows, encoded, lora, hiddenStates, cancellationToken);

    /// <summary>Token ids as the encoder reads them. Pad tokens are masked, as in transformers without an attention mask.</summary>
    public TokenRows Inputs(IReadOnlyList<int[]> inputs) => TokenRows.Of(inputs, Device, (row, place) => inputs[row][place] == Generation.PadTokenId);

    /// <summary>Reads inputs, each to be answered in rows of its own.</summary>
    /// <returns>The memory of each, which the caller returns.</returns>
    public IReadOnlyList<AnswerMemory> Read(TokenRows rows, LoraUpdates? lora)
    {
        using var scope = NewDisposeScope();
        var encoded = Encode(rows, lora);
        var memories = rows.Rows.Select(ids => new AnswerMemory(Config, ids, Generation.PadTokenId, ComputeType, Device)).ToArray();
        try
        {
            _decoder.Remember(encoded, memories, lora);
            return memories;
        }
        catch
        {
            Array.ForEach(memories, memory => memory.Return());
            throw;
        }
    }

    /// <summary>The bias of each position of the encoder or decoder to each, (H, count, count); belongs to the caller's scope.</summary>
    public Tensor PositionBias(bool isEncoder, int count) => isEncoder ? _encoder.Positions(count) : _decoder.AllPositions(count);

    /// <summary>The token embeddings, (n, D), fresh, in the residual stream's dtype; belong to the caller's scope.</summary>
    public Tensor Embed(Tensor ids) => _shared.index_select(0, ids).to(_weights.StreamType, copy: true);

    /// <summary>What <see cref="Answer"/> needs for rows of at most so many tokens; belongs to the caller's scope.</summary>
    public Tensor AnswerPositions(int most) => _decoder.Positions(most);

    /// <summary>Decodes one token of each row.</summary>
    /// <param name="tokens">One for each row.</param>
    /// <param name="positions">Of at least the longest row.</param>
    /// <returns>The logits of the next token, (R, vocabulary), in fp32 or better; belong to the caller's scope.</returns>
    public Tensor Answer(IReadOnlyList<int> tokens, IReadOnlyList<AnswerRow> rows, Tensor positions, LoraUpdates? lora)
    {
        using var scope = NewDisposeScope();
        foreach (var row in rows)
        {
            row.Extend();
        }

        var ids = tensor(tokens.Select(id => (long)id).ToArray(), device: Device);
        var states = _decoder.Step(Embed(ids), new AnswerStep(Config, rows, positions, ComputeType), lora);
        return _lmHead.MultiplyFew(Scaled(states)).MoveToOuterDisposeScope();
    }

    /// <summary>(n, D) → (n, vocabulary), in fp32 or better; belongs to the caller's scope.</summary>
    public Tensor Logits(Tensor states)
    {
        using var scope = NewDisposeScope();
        return _lmHead.Multiply(Scaled(states)).MoveToOuterDisposeScope();
    }

    // A tied head expects states scaled down to the embedding's range.
    Tensor Scaled(Tensor states) => Config.TieWordEmbeddings ? states.mul(LiveScalar.Of(Math.Pow(Config.DModel, -0.5))) : states;

    public void Dispose()
    {
        _weights.Dispose();
        FreedMemory.Release();
    }
}

/// <summary>The encoder's output, which the decoder attends to.</summary>
/// <param name="States">The encoder's last hidden states, (n, D).</param>
/// <param name="Padded">The same, (B, S, D).</param>
readonly record struct EncodedText(TokenRows Rows, Tensor States, Tensor Padded);
