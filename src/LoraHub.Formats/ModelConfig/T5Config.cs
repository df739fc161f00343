using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace LoraHub.Formats.ModelConfig;

/// <summary>The <c>config.json</c> of a Hugging Face T5 or mT5 folder, with transformers' defaults.</summary>
public sealed record T5Config
{
    public const string File = "config.json";

    /// <summary>What transformers' MT5Config has where it differs from T5Config. mT5 is T5 v1.1 with a larger vocabulary.</summary>
    static readonly IReadOnlyDictionary<string, JsonNode> Mt5Defaults = new Dictionary<string, JsonNode>
    {
        ["vocab_size"] = 250112,
        ["d_ff"] = 1024,
        ["num_layers"] = 8,
        ["num_heads"] = 6,
        ["feed_forward_proj"] = "gated-gelu",
        ["tie_word_embeddings"] = false,
    };

    [JsonPropertyName("model_type")]
    public string ModelType { get; init; } = "";

    [JsonPropertyName("vocab_size")]
    public int VocabSize { get; init; } = 32128;

    [JsonPropertyName("d_model")]
    public int DModel { get; init; } = 512;

    [JsonPropertyName("d_kv")]
    public int DKv { get; init; } = 64;

    [JsonPropertyName("d_ff")]
    public int DFf { get; init; } = 2048;

    [JsonPropertyName("num_layers")]
    public int NumLayers { get; init; } = 6;

    [JsonPropertyName("num_decoder_layers")]
    public int? NumDecoderLayers { get; init; }

    [JsonPropertyName("num_heads")]
    public int NumHeads { get; init; } = 8;

    [JsonPropertyName("relative_attention_num_buckets")]
    public int RelativeAttentionNumBuckets { get; init; } = 32;

    [JsonPropertyName("relative_attention_max_distance")]
    public int RelativeAttentionMaxDistance { get; init; } = 128;

    [JsonPropertyName("layer_norm_epsilon")]
    public double LayerNormEpsilon { get; init; } = 1e-6;

    /// <summary><c>relu</c> (T5 v1.0) or <c>gated-gelu</c> (v1.1, FLAN-T5; tanh approximation of gelu).</summary>
    [JsonPropertyName("feed_forward_proj")]
    public string FeedForwardProj { get; init; } = "relu";

    [JsonPropertyName("tie_word_embeddings")]
    public bool TieWordEmbeddings { get; init; } = true;

    [JsonPropertyName("pad_token_id")]
    public int PadTokenId { get; init; }

    /// <summary>The first input of the decoder when it scores given answers; <see cref="GenerationConfig"/> has the one for generation.</summary>
    [JsonPropertyName("decoder_start_token_id")]
    public int DecoderStartTokenId { get; init; }

    /// <summary>Present in checkpoints whose matrices are quantized.</summary>
    [JsonPropertyName("quantization_config")]
    public JsonElement? Quantization { get; init; }

    [JsonIgnore]
    public int DecoderLayers => NumDecoderLayers ?? NumLayers;

    [JsonIgnore]
    public bool IsGated => FeedForwardProj == "gated-gelu";

    /// <exception cref="ModelException">The file is missing, is not JSON, or does not describe a supported T5.</exception>
    public static T5Config Load(string folder)
    {
        var given = ConfigFile.Read(folder, File);
        if ((given["model_type"] as JsonValue)?.TryGetValue(out string? type) == true && type == "mt5")
        {
            foreach (var (name, value) in Mt5Defaults)
            {
                given.TryAdd(name, value.DeepClone());
            }
        }

        return ConfigFile.Deserialize<T5Config>(given, File).Checked();
    }

    T5Config Checked()
    {
        if (ModelType is not ("t5" or "mt5" or ""))
        {
            throw new ModelException($"config.json describes a model of type `{ModelType}`; only `t5` and `mt5` are supported.");
        }

        if (Quantization is not null)
        {
            throw new ModelException(
                "config.json has a quantization_config: quantized checkpoints are not supported; use the model's fp32, bf16 or fp16 checkpoint.");
        }

        if (FeedForwardProj is not ("relu" or "gated-gelu"))
        {
            throw new ModelException($"config.json has feed_forward_proj `{FeedForwardProj}`; only `relu` and `gated-gelu` are supported.");
        }

        int[] sizes = [VocabSize, DModel, DKv, DFf, NumLayers, DecoderLayers, NumHeads, RelativeAttentionNumBuckets, RelativeAttentionMaxDistance];
        if (sizes.Min() < 1)
        {
            throw new ModelException("config.json contains a size below 1.");
        }

        foreach (var (name, id) in (ReadOnlySpan<(string, int)>)[("pad_token_id", PadTokenId), ("decoder_start_token_id", DecoderStartTokenId)])
        {
            if (id < 0 || id >= VocabSize)
            {
                throw new ModelException($"config.json has {name} {id}; it must be at least 0 and below vocab_size {VocabSize}.");
            }
        }

        return this;
    }
}

/// <summary>A base model cannot be used. The message says what is wrong and how to fix it, without the model's name and folder.</summary>
public sealed class ModelException(string message, Exception? innerException = null) : Exception(message, innerException);
