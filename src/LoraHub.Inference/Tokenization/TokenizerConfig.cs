using System.Globalization;
using System.Text.Json;

namespace LoraHub.Inference.Tokenization;

/// <summary>
/// What <c>tokenizer_config.json</c>, <c>special_tokens_map.json</c> and <c>added_tokens.json</c> add to a tokenizer, with the rules and defaults
/// of T5TokenizerFast in transformers 4.31.
/// </summary>
sealed class TokenizerConfig
{
    const string ConfigFile = "tokenizer_config.json", MapFile = "special_tokens_map.json", AddedFile = "added_tokens.json";
    const string Additional = "additional_special_tokens";

    // In transformers' order, which decides the ids of tokens that the vocabulary lacks.
    static readonly string[] Names = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

    static readonly Dictionary<string, AddedToken> Defaults = new()
    {
        ["eos_token"] = Special("</s>"),
        ["unk_token"] = Special("<unk>"),
        ["pad_token"] = Special("<pad>"),
    };

    readonly Dictionary<string, AddedToken> _named = new(Defaults);
    IReadOnlyList<AddedToken>? _additional;
    IReadOnlyList<(AddedToken Token, int Id)> _added = [];

    /// <summary>The number of sentinels behind the pieces of a <c>spiece.model</c>.</summary>
    public int Sentinels { get; private set; } = 100;

    /// <summary>Whether decoding removes spaces before punctuation.</summary>
    public bool CleanUpSpaces { get; private set; } = true;

    /// <exception cref="InvalidDataException">A file is unusable; the message names it.</exception>
    public static TokenizerConfig Read(string folder)
    {
        var config = new TokenizerConfig();
        if (!ReadFile(folder, ConfigFile, config.ReadConfig))
        {
            config.AddSentinels();
        }

        ReadFile(folder, MapFile, config.ReadTokens);
        ReadFile(folder, AddedFile, config.ReadAdded);
        return config;
    }

    /// <summary>Adds the tokens that the files name.</summary>
    /// <exception cref="InvalidDataException">An added token has an id that transformers would not accept.</exception>
    public void AddTo(AddedVocabulary vocabulary)
    {
        AddedToken[] special = [.. Names.Where(_named.ContainsKey).Select(name => _named[name]), .. _additional ?? []];
        foreach (var (token, id) in _added)
        {
            if ((vocabulary.IdOf(token.Text) ?? vocabulary.Count) is var actual && actual != id)
            {
                throw new InvalidDataException(
                    $"{AddedFile} or {ConfigFile} gives the added token `{token.Text}` the id {id}, but the tokenizer has {actual} for it.");
            }

            vocabulary.Add(special.Any(other => other.Text == token.Text) ? Special(token.Text) : token);
        }

        Array.ForEach(special, vocabulary.Add);
    }

    static AddedToken Special(string text) => new(text, IsSpecial: true, IsNormalized: false);

    void ReadConfig(JsonElement root)
    {
        Sentinels = Given(root, "extra_ids")?.GetInt32() ?? Sentinels;
        CleanUpSpaces = Given(root, "clean_up_tokenization_spaces")?.GetBoolean() ?? CleanUpSpaces;
        if (Sentinels < 0)
        {
            throw new JsonException("extra_ids should not be negative.");
        }

        if (Given(root, "tokenizer_class")?.GetString() is "PreTrainedTokenizerFast")
        {
            _named.Clear(); // this class has no tokens of its own
            Sentinels = Given(root, "extra_ids") is null ? 0 : Sentinels;
        }

        // Written by newer versions, which also have added_tokens.json for the older ones.
        _added =
        [
            .. (Given(root, "added_tokens_decoder")?.EnumerateObject() ?? Enumerable.Empty<JsonProperty>())
                .Select(token => (
                    Token: Token(token.Value) with { IsSpecial = Given(token.Value, "special")?.GetBoolean() ?? false },
                    Id: int.Parse(token.Name, CultureInfo.InvariantCulture)))
                .OrderBy(token => token.Id),
        ];
        ReadTokens(root);
        AddSentinels();
    }

    void AddSentinels()
    {
        IEnumerable<AddedToken> sentinels = Enumerable.Range(0, Sentinels).Select(number => Special($"<extra_id_{number}>"));
        var listed = _additional?.Count(token => token.Text.Contains("extra_id_", StringComparison.Ordinal)) ?? 0;
        _additional = listed == 0 ? [.. _additional ?? [], .. sentinels]
            : listed == Sentinels ? _additional
            : throw new JsonException($"extra_ids is {Sentinels}, but {Additional} lists {listed} of them.");
    }

    void ReadTokens(JsonElement root)
    {
        foreach (var name in Names)
        {
            if (Given(root, name) is { } token)
            {
                _named[name] = Token(token);
            }
        }

        _additional = Given(root, Additional) is { } additional ? [.. additional.EnumerateArray().Select(Token)] : _additional;
    }

    void ReadAdded(JsonElement root) =>
        _added =
        [
            .. root.EnumerateObject()
                .Select(token => (Token: new AddedToken(token.Name, IsSpecial: false, IsNormalized: true), Id: token.Value.GetInt32()))
                .OrderBy(token => token.Id),
        ];

    static AddedToken Token(JsonElement token) => token.ValueKind == JsonValueKind.String
        ? Special(token.GetString()!)
        : Special(token.GetProperty("content").GetString()!) with
        {
            IsNormalized = Given(token, "normalized")?.GetBoolean() ?? false,
            IsWord = Given(token, "single_word")?.GetBoolean() ?? false,
            TakesLeft = Given(token, "lstrip")?.GetBoolean() ?? false,
            TakesRight = Given(token, "rstrip")?.GetBoolean() ?? false,
        };

    static JsonElement? Given(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    static bool ReadFile(string folder, string name, Action<JsonElement> read)
    {
        var path = Path.Combine(folder, name);
        if (!File.Exists(path))
        {
            return false;
        }

        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            read(document.RootElement);
            return true;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new InvalidDataException($"{name} is not a file of a T5 tokenizer: {exception.Message}", exception);
        }
    }
}
