using System.Text.Json.Nodes;

namespace LoraHub.Formats.ModelConfig;

/// <summary>How a model's folder wants its answers generated: <c>generation_config.json</c>, or <c>config.json</c> where that is missing.</summary>
/// <param name="StartTokenId">The first input of the decoder.</param>
/// <param name="EndTokenIds">An answer ends with any of these.</param>
/// <param name="PadTokenId">Hidden in inputs; fills ended answers.</param>
/// <param name="Ignored">Settings that would change greedy answers, as <c>name value</c>. They are not followed.</param>
public sealed record GenerationConfig(int StartTokenId, IReadOnlyList<int> EndTokenIds, int PadTokenId, IReadOnlyList<string> Ignored)
{
    const int DefaultEnd = 1;

    // Each with the number that changes nothing, if there is one. Null, false and an empty list never do.
    static readonly (string Name, double? Neutral)[] Always =
    [
        ("num_beams", 1), ("num_beam_groups", 1), ("do_sample", 0), ("num_return_sequences", 1), ("penalty_alpha", 0), ("guidance_scale", 1),
        ("no_repeat_ngram_size", 0), ("encoder_no_repeat_ngram_size", 0), ("repetition_penalty", 1), ("encoder_repetition_penalty", 1),
        ("diversity_penalty", 0), ("max_length", null), ("max_new_tokens", null), ("min_length", 0), ("min_new_tokens", 0), ("max_time", null),
        ("bad_words_ids", null), ("force_words_ids", null), ("constraints", null), ("forced_bos_token_id", null), ("forced_eos_token_id", null),
        ("forced_decoder_ids", null), ("suppress_tokens", null), ("begin_suppress_tokens", null), ("sequence_bias", null),
        ("exponential_decay_length_penalty", null), ("stop_strings", null), ("dola_layers", null), ("watermarking_config", null),
    ];

    static readonly (string Name, double? Neutral)[] WhenSampling =
    [
        ("temperature", 1), ("top_k", 50), ("top_p", 1), ("min_p", 0), ("typical_p", 1), ("epsilon_cutoff", 0), ("eta_cutoff", 0),
        ("renormalize_logits", 0),
    ];

    static readonly (string Name, double? Neutral)[] WithBeams = [("length_penalty", 1), ("early_stopping", 0)];

    /// <summary>Reads both files, as transformers does. A token that neither names is T5's.</summary>
    /// <exception cref="ModelException">A file is broken, or a token is not one of the model's.</exception>
    public static GenerationConfig Load(string folder, T5Config model)
    {
        const string own = "generation_config.json";

        var general = ConfigFile.Read(folder, "config.json");
        var file = File.Exists(Path.Combine(folder, own)) ? own : "config.json";
        var given = file == own ? ConfigFile.Read(folder, own) : general;
        return new GenerationConfig(
            Token("decoder_start_token_id") ?? model.DecoderStartTokenId,
            Tokens("eos_token_id", given) ?? Tokens("eos_token_id", general) ?? [DefaultEnd],
            Token("pad_token_id") ?? model.PadTokenId,
            [.. Changes(given)]);

        int? Token(string name) => Tokens(name, given) switch
        {
            null => null,
            [var id] => id,
            _ => throw Wrong(name),
        };

        int[]? Tokens(string name, JsonObject from) => from[name] switch
        {
            null => null,
            JsonArray { Count: > 0 } ids => [.. ids.Select(id => Id(name, id))],
            var id => [Id(name, id)],
        };

        int Id(string name, JsonNode? node) =>
            node is JsonValue value && value.TryGetValue(out int id) && id >= 0 && id < model.VocabSize ? id : throw Wrong(name);

        ModelException Wrong(string name) => new(
            $"{file} has {name} {ConfigFile.Text(given[name] ?? general[name])}; a token is a whole number of at least 0 and below vocab_size "
            + $"{model.VocabSize}.");
    }

    static IEnumerable<string> Changes(JsonObject given)
    {
        var settings = Always.AsEnumerable();
        settings = IsSet(given["do_sample"], 0) ? settings.Concat(WhenSampling) : settings;
        settings = IsSet(given["num_beams"], 1) ? settings.Concat(WithBeams) : settings;
        return
            from setting in settings
            where IsSet(given[setting.Name], setting.Neutral)
            select $"{setting.Name} {ConfigFile.Text(given[setting.Name])}";
    }

    static bool IsSet(JsonNode? node, double? neutral) => node switch
    {
        null or JsonArray { Count: 0 } or JsonObject { Count: 0 } => false,
        JsonValue value when value.TryGetValue(out bool flag) => flag,
        JsonValue value when value.TryGetValue(out double number) => number != neutral,
        _ => true,
    };
}
