using System.Text.Json;
using System.Text.Json.Serialization;

namespace LoraHub.Inference.Tokenization;

/// <summary>The relevant settings of <c>tokenizer_config.json</c>, with transformers 4.31's defaults for missing ones.</summary>
sealed record TokenizerConfig
{
    [JsonPropertyName("extra_ids")]
    public int ExtraIds { get; init; } = 100;

    [JsonPropertyName("clean_up_tokenization_spaces")]
    public bool CleanUpSpaces { get; init; } = true;

    /// <exception cref="InvalidDataException">The file exists but is unusable; the message names it.</exception>
    public static TokenizerConfig Read(string path)
    {
        if (!File.Exists(path))
        {
            return new TokenizerConfig();
        }

        try
        {
            return JsonSerializer.Deserialize<TokenizerConfig>(File.ReadAllBytes(path)) is { ExtraIds: >= 0 } config
                ? config
                : throw new JsonException("extra_ids should not be negative.");
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"{Path.GetFileName(path)} is not a tokenizer configuration: {exception.Message}", exception);
        }
    }
}
