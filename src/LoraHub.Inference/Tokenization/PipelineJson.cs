using System.Text.Json;
using System.Text.RegularExpressions;

namespace LoraHub.Inference.Tokenization;

/// <summary>Reads the steps around the model in <c>tokenizer.json</c>. A step that is not supported is refused by name.</summary>
static class PipelineJson
{
    // Runs of one kind of character, which are simple.
    static readonly Regex Runs = new(
        @"^(?:[^\\()|*+?{}\[\]^$.]|\\[sdw]|\[[^\[\]\\]+\])(?:\+|\{\d{1,2},\})?\z", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking);

    /// <summary>The steps of the <c>normalizer</c>.</summary>
    /// <exception cref="InvalidDataException">One is not supported.</exception>
    public static IReadOnlyList<TextNormalizer> Normalizers(JsonElement? part) =>
        part is not { } step ? [] : step.GetProperty("type").GetString() switch
        {
            "Sequence" => [.. step.GetProperty("normalizers").EnumerateArray().SelectMany(inner => Normalizers(inner))],
            "Precompiled" => [new CharacterMap(step.GetProperty("precompiled_charsmap").GetBytesFromBase64())],
            "Lowercase" => [CharacterNormalizer.Lowercase],
            "StripAccents" => [CharacterNormalizer.StripAccents],
            "Nmt" => [CharacterNormalizer.Nmt],
            "NFC" => [UnicodeForm.Nfc],
            "NFD" => [UnicodeForm.Nfd],
            "NFKC" => [UnicodeForm.Nfkc],
            "NFKD" => [UnicodeForm.Nfkd],
            "Strip" => [new Strip(step.GetProperty("strip_left").GetBoolean(), step.GetProperty("strip_right").GetBoolean())],
            "Prepend" => [new Prepend(step.GetProperty("prepend").GetString()!)],
            "Replace" => [new Replacement(Pattern(step.GetProperty("pattern")), step.GetProperty("content").GetString()!)],
            var type => throw Unknown("normalizer", type),
        };

    /// <summary>The steps of the <c>pre_tokenizer</c>.</summary>
    /// <exception cref="InvalidDataException">One is not supported.</exception>
    public static IReadOnlyList<TextSplitter> Splitters(JsonElement? part) =>
        part is not { } step ? [] : step.GetProperty("type").GetString() switch
        {
            "Sequence" => [.. step.GetProperty("pretokenizers").EnumerateArray().SelectMany(inner => Splitters(inner))],
            "Metaspace" => [new Metaspace(Mark(step), Scheme(step), splits: !step.TryGetProperty("split", out var split) || split.GetBoolean())],
            "WhitespaceSplit" => [new WhiteSpaceSplitter()],
            "Digits" => [new KindSplitter(KindSplitter.IsNumber, isContiguous: !step.GetProperty("individual_digits").GetBoolean())],
            "Punctuation" => [new KindSplitter(KindSplitter.IsPunctuation, IsContiguous(step))],
            var type => throw Unknown("pre_tokenizer", type),
        };

    /// <summary>The <c>decoder</c>'s mark of a space, and whether the first token's is dropped.</summary>
    /// <exception cref="InvalidDataException">It is not supported.</exception>
    public static (char Mark, bool DropsFirst) Decoder(JsonElement? part) =>
        part is { } step && step.GetProperty("type").GetString() is "Metaspace"
            ? (Mark(step), Scheme(step) != PrefixScheme.Never)
            : throw Unknown("decoder", part?.GetProperty("type").GetString() ?? "null");

    static char Mark(JsonElement step) => step.GetProperty("replacement").GetString() is [var mark]
        ? mark
        : throw new InvalidDataException("the replacement of a Metaspace must be one character.");

    static PrefixScheme Scheme(JsonElement step)
    {
        if (step.TryGetProperty("add_prefix_space", out var adds) && adds.ValueKind == JsonValueKind.False)
        {
            return PrefixScheme.Never;
        }

        return step.TryGetProperty("prepend_scheme", out var scheme) && scheme.ValueKind != JsonValueKind.Null
            ? scheme.GetString() switch
            {
                "always" => PrefixScheme.Always,
                "first" => PrefixScheme.First,
                "never" => PrefixScheme.Never,
                var other => throw new InvalidDataException($"the prepend_scheme `{other}` is not supported."),
            }
            : PrefixScheme.Always;
    }

    static bool IsContiguous(JsonElement step) => (step.TryGetProperty("behavior", out var behavior) ? behavior.GetString() : "Isolated") switch
    {
        "Isolated" => false,
        "Contiguous" => true,
        var other => throw new InvalidDataException($"the behavior `{other}` of Punctuation is not supported."),
    };

    /// <summary>Oniguruma's syntax is .NET's in what normalizers use. What .NET cannot read, or reads in another way, is refused.</summary>
    static Regex Pattern(JsonElement pattern)
    {
        if (pattern.TryGetProperty("String", out var text))
        {
            return Replacement.Simple(Regex.Escape(text.GetString()!));
        }

        var regex = pattern.GetProperty("Regex").GetString()!;
        try
        {
            return regex.Contains("[:", StringComparison.Ordinal) || regex.Contains("&&", StringComparison.Ordinal)
                ? throw new NotSupportedException()
                : Runs.IsMatch(regex) ? Replacement.Simple(regex)
                : new Regex(regex, RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
        {
            throw new InvalidDataException($"the pattern `{regex}` of a Replace is not supported.", exception);
        }
    }

    static InvalidDataException Unknown(string part, string? type) => new($"the {part} `{type}` is not supported.");
}
