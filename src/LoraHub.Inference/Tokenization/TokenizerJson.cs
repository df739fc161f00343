using System.Text.Json;

namespace LoraHub.Inference.Tokenization;

/// <summary>Reads the <c>tokenizer.json</c> of the tokenizers library: a Unigram model and its pipeline, as T5TokenizerFast writes them.</summary>
static class TokenizerJson
{
    const long MostBytes = 256 << 20;

    /// <exception cref="InvalidDataException">The file is broken, or has a part that is not supported; the message names it.</exception>
    public static TokenizerParts Read(string path)
    {
        var name = Path.GetFileName(path);
        try
        {
            if (new FileInfo(path).Length > MostBytes)
            {
                throw new InvalidDataException($"it is larger than {MostBytes} bytes.");
            }

            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            return Parse(document.RootElement);
        }
        catch (InvalidDataException exception)
        {
            throw new InvalidDataException($"{name} cannot be used: {exception.Message}", exception);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new InvalidDataException($"{name} is not a file of the tokenizers library: {exception.Message}", exception);
        }
    }

    static TokenizerParts Parse(JsonElement root)
    {
        var pieces = Pieces(root.GetProperty("model"));
        var vocabulary = new AddedVocabulary(pieces);
        foreach (var token in Items(root, "added_tokens"))
        {
            Add(vocabulary, token);
        }

        return new TokenizerParts(
            pieces,
            vocabulary,
            PipelineJson.Normalizers(Part(root, "normalizer")),
            PipelineJson.Splitters(Part(root, "pre_tokenizer")),
            End(Part(root, "post_processor"), vocabulary),
            PipelineJson.Decoder(Part(root, "decoder")));
    }

    static Piece[] Pieces(JsonElement model)
    {
        // Files of old versions do not name the type of a Unigram model, but only they have pairs of pieces and scores.
        if (model.TryGetProperty("type", out var type) && type.GetString() is not "Unigram" and var other)
        {
            throw new InvalidDataException($"its model is of type `{other}`; a T5 has `Unigram`.");
        }

        if (model.TryGetProperty("byte_fallback", out var fallback) && fallback.ValueKind == JsonValueKind.True)
        {
            throw new InvalidDataException("its model has byte_fallback, which is not supported.");
        }

        Piece[] pieces =
        [
            .. from pair in model.GetProperty("vocab").EnumerateArray()
               select new Piece(pair[0].GetString() ?? throw new InvalidDataException("a piece is null."), pair[1].GetDouble(), PieceType.Normal),
        ];
        if (!model.TryGetProperty("unk_id", out var unknown) || unknown.ValueKind == JsonValueKind.Null
            || unknown.GetInt32() is var id && (id < 0 || id >= pieces.Length))
        {
            throw new InvalidDataException($"its model's unk_id must be the place of one of its {pieces.Length} pieces.");
        }

        pieces[unknown.GetInt32()] = pieces[unknown.GetInt32()] with { Type = PieceType.Unknown };
        return pieces;
    }

    static void Add(AddedVocabulary vocabulary, JsonElement token)
    {
        var text = token.GetProperty("content").GetString()!;
        var isSpecial = Flag(token, "special");
        vocabulary.Add(new AddedToken(
            text,
            isSpecial,
            token.TryGetProperty("normalized", out var normalized) ? normalized.GetBoolean() : !isSpecial,
            Flag(token, "single_word"),
            Flag(token, "lstrip"),
            Flag(token, "rstrip")));

        // The library goes on with its own id and a warning. Which of the two a model was trained with cannot be known.
        var id = token.GetProperty("id").GetInt32();
        if (vocabulary.IdOf(text) is { } actual && actual != id)
        {
            throw new InvalidDataException(
                $"the added token `{text}` has the id {id}, but the tokenizers library gives it {actual}; write the file with consecutive ids.");
        }
    }

    /// <summary>The token that T5's template puts behind every text.</summary>
    static int End(JsonElement? processor, AddedVocabulary vocabulary)
    {
        const string expected = "the post_processor must be a TemplateProcessing that puts one token behind the text, as T5's `$A </s>`";

        if (processor is not { } template || template.GetProperty("type").GetString() != "TemplateProcessing"
            || template.GetProperty("single") is not { ValueKind: JsonValueKind.Array } single || single.GetArrayLength() != 2
            || !single[0].TryGetProperty("Sequence", out _) || !single[1].TryGetProperty("SpecialToken", out var token))
        {
            throw new InvalidDataException($"{expected}.");
        }

        var ids = template.GetProperty("special_tokens").GetProperty(token.GetProperty("id").GetString()!).GetProperty("ids");
        return ids.GetArrayLength() == 1 && ids[0].GetInt32() is var id && id >= 0 && id < vocabulary.Count
            ? id
            : throw new InvalidDataException($"{expected}, with an id of the vocabulary.");
    }

    static bool Flag(JsonElement token, string name) => token.TryGetProperty(name, out var value) && value.GetBoolean();

    static JsonElement? Part(JsonElement root, string name) =>
        root.TryGetProperty(name, out var part) && part.ValueKind != JsonValueKind.Null ? part : null;

    static IEnumerable<JsonElement> Items(JsonElement root, string name) => Part(root, name)?.EnumerateArray() ?? Enumerable.Empty<JsonElement>();
}
