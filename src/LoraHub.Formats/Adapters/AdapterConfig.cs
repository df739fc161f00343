using System.Text.Json;
using System.Text.Json.Serialization;

namespace LoraHub.Formats.Adapters;

/// <summary>
/// The relevant fields of a PEFT <c>adapter_config.json</c>. The checkpoint's keys determine the adapted layers, not <c>target_modules</c>.
/// </summary>
public sealed record AdapterConfig
{
    /// <summary>Those that leave the base model as it is.</summary>
    static readonly string[] HarmlessInits = ["gaussian", "eva", "orthogonal"];

    readonly LayerPatterns _ranks = LayerPatterns.Read("rank_pattern", default), _alphas = LayerPatterns.Read("alpha_pattern", default);

    [JsonPropertyName("peft_type")]
    public string PeftType { get; init; } = "";

    [JsonPropertyName("base_model_name_or_path")]
    public string BaseModel { get; init; } = "";

    /// <summary>The rank r.</summary>
    [JsonPropertyName("r")]
    public int Rank { get; init; }

    [JsonPropertyName("lora_alpha")]
    public double Alpha { get; init; } = 8; // PEFT's default

    /// <summary>A list of suffixes or one regular expression; written back unchanged.</summary>
    [JsonPropertyName("target_modules")]
    public JsonElement TargetModules { get; init; }

    [JsonPropertyName("use_rslora")]
    public bool UseRslora { get; init; }

    [JsonPropertyName("use_dora")]
    public bool UseDora { get; init; }

    [JsonPropertyName("init_lora_weights")]
    public JsonElement InitLoraWeights { get; init; }

    [JsonPropertyName("layer_replication")]
    public JsonElement LayerReplication { get; init; }

    [JsonPropertyName("alora_invocation_tokens")]
    public JsonElement InvocationTokens { get; init; }

    [JsonPropertyName("rank_pattern")]
    public JsonElement RankPattern
    {
        get;
        init => _ranks = LayerPatterns.Read("rank_pattern", field = value);
    }

    [JsonPropertyName("alpha_pattern")]
    public JsonElement AlphaPattern
    {
        get;
        init => _alphas = LayerPatterns.Read("alpha_pattern", field = value);
    }

    /// <summary>lora_alpha / r, or lora_alpha / √r with rsLoRA; layers of the patterns have their own.</summary>
    [JsonIgnore]
    public double Scaling => ScalingOf(Rank, Alpha);

    /// <exception cref="AdapterException">The file is missing, is not JSON, or uses more than plain LoRA.</exception>
    public static AdapterConfig Load(string folder)
    {
        var file = Path.Combine(folder, "adapter_config.json");
        AdapterConfig config;
        try
        {
            config = JsonSerializer.Deserialize<AdapterConfig>(File.ReadAllBytes(file)) ?? throw new JsonException("it holds null.");
        }
        catch (JsonException exception)
        {
            throw new AdapterException($"adapter_config.json cannot be read: {JsonFault.Of(exception)}", exception);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new AdapterException("adapter_config.json is missing.", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new AdapterException("adapter_config.json cannot be read; check its permissions.", exception);
        }

        return config.Problem() is { } problem ? throw new AdapterException($"adapter_config.json {problem}") : config;
    }

    /// <summary>The rank and lora_alpha of a layer.</summary>
    internal (int Rank, double Alpha) OfLayer(string layer)
    {
        var rank = _ranks.Find(layer) ?? Rank;
        return rank >= 1 && rank <= int.MaxValue && double.IsInteger(rank)
            ? ((int)rank, _alphas.Find(layer) ?? Alpha)
            : throw new AdapterException($"adapter_config.json has a rank_pattern of {rank} for `{layer}`; a rank is a whole number from 1.");
    }

    internal double ScalingOf(int rank, double alpha) => UseRslora ? alpha / Math.Sqrt(rank) : alpha / rank;

    // What changes nothing without tensors of its own (bias, modules_to_save, fan_in_fan_out of a linear layer) is not looked at: every tensor must
    // be a LoRA factor.
    string? Problem() => this switch
    {
        { PeftType: not "LORA" } => $"has the peft_type `{PeftType}`; only LORA can be composed.",
        { Rank: < 1 } => $"has r {Rank}; it must be at least 1.",
        { UseDora: true } => "uses DoRA, which has no low-rank sum.",
        { InitLoraWeights.ValueKind: JsonValueKind.String } when !HarmlessInits.Contains(InitLoraWeights.GetString()) =>
            $"has init_lora_weights `{InitLoraWeights.GetString()}`, which changes the base model; such modules cannot be composed.",
        _ when IsFilled(LayerReplication) => "replicates layers of the base model (layer_replication), which cannot be composed.",
        _ when IsFilled(InvocationTokens) => "is active after certain tokens alone (alora_invocation_tokens), which cannot be composed.",
        _ when !double.IsFinite(Alpha) => $"has lora_alpha {Alpha}; it must be a finite number.",
        _ => null,
    };

    static bool IsFilled(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Array => element.GetArrayLength() > 0,
        JsonValueKind.Object => element.EnumerateObject().Any(),
        JsonValueKind.Undefined or JsonValueKind.Null => false,
        _ => true,
    };
}

/// <summary>A LoRA module cannot be used. The message gives the reason without the module's name.</summary>
public sealed class AdapterException(string message, Exception? innerException = null) : Exception(message, innerException);
