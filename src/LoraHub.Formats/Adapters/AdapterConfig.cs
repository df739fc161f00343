using System.Text.Json;
using System.Text.Json.Serialization;

namespace LoraHub.Formats.Adapters;

/// <summary>
/// The relevant fields of a PEFT <c>adapter_config.json</c>. The checkpoint's keys determine the adapted layers, not <c>target_modules</c>.
/// </summary>
public sealed record AdapterConfig
{
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

    [JsonPropertyName("fan_in_fan_out")]
    public bool FanInFanOut { get; init; }

    [JsonPropertyName("init_lora_weights")]
    public JsonElement InitLoraWeights { get; init; }

    [JsonPropertyName("bias")]
    public string Bias { get; init; } = "none";

    [JsonPropertyName("modules_to_save")]
    public JsonElement ModulesToSave { get; init; }

    [JsonPropertyName("rank_pattern")]
    public JsonElement RankPattern { get; init; }

    [JsonPropertyName("alpha_pattern")]
    public JsonElement AlphaPattern { get; init; }

    /// <summary>lora_alpha / r, or lora_alpha / √r with rsLoRA.</summary>
    [JsonIgnore]
    public double Scaling => UseRslora ? Alpha / Math.Sqrt(Rank) : Alpha / Rank;

    /// <exception cref="AdapterException">The file is missing, is not JSON, or uses more than plain LoRA.</exception>
    public static AdapterConfig Load(string folder)
    {
        var file = Path.Combine(folder, "adapter_config.json");
        AdapterConfig config;
        try
        {
            config = JsonSerializer.Deserialize<AdapterConfig>(File.ReadAllBytes(file)) ?? throw new JsonException("The file holds null.");
        }
        catch (Exception exception) when (exception is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new AdapterException($"adapter_config.json cannot be read: {exception.Message}", exception);
        }

        return config.Problem() is { } problem ? throw new AdapterException($"adapter_config.json {problem}") : config;
    }

    string? Problem() => this switch
    {
        { PeftType: not "LORA" } => $"has the peft_type `{PeftType}`; only LORA can be composed.",
        { BaseModel: null or "" } => "names no base model (base_model_name_or_path).",
        { Rank: < 1 } => $"has r {Rank}; it must be at least 1.",
        { UseDora: true } => "uses DoRA, which has no low-rank sum.",
        { FanInFanOut: true } => "uses fan_in_fan_out, which T5 does not have.",
        { Bias: not "none" } => $"trains biases (`{Bias}`), which T5 does not have.",
        { InitLoraWeights.ValueKind: JsonValueKind.String } when InitLoraWeights.GetString() is not ("gaussian" or "eva") =>
            $"has init_lora_weights `{InitLoraWeights.GetString()}`, which changes the base model; such modules cannot be composed.",
        _ when IsFilled(ModulesToSave) => "saves whole layers (modules_to_save), which cannot be composed.",
        _ when IsFilled(RankPattern) || IsFilled(AlphaPattern) => "sets r or alpha per layer (rank_pattern, alpha_pattern), which is not supported.",
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
