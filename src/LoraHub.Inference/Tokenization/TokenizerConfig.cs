using System.Text.Json;
using System.Text.Json.Serialization;

namespace LoraHub.Inference.Tokenization;

/// <summary>What counts of <c>tokenizer_config.json</c>; where it is silent or missing, what transformers 4.31 assumes.</summary>
sealed record TokenizerConfig
{
    [JsonPropertyName("extra_ids")]
    public int ExtraIds { get; init; } = 100;

    [JsonPropertyName("clean_up_tokenization_spaces")]
    public bool CleanUpSpaces { get; init; } = true;

    /// <exception cref="InvalidDataException">The file is there but unusable; the message names it.</exception>
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
            throw new InvalidDataException($"{Path.GetFileName(path)} is not a tokenizer's configuration: {exception.Message}", exception);
        }
    }
}
