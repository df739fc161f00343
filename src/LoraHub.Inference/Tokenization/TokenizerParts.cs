namespace LoraHub.Inference.Tokenization;

/// <summary>What a tokenizer is made of, from whichever file.</summary>
/// <param name="Pieces">The model's, in the order of their ids; one is the unknown piece.</param>
/// <param name="Vocabulary">All tokens. Those of the configuration are added before the tokenizer is made.</param>
/// <param name="End">The id behind every text.</param>
/// <param name="Decoder">The mark of a space in tokens, and whether decoding drops the first token's.</param>
sealed record TokenizerParts(
    IReadOnlyList<Piece> Pieces,
    AddedVocabulary Vocabulary,
    IReadOnlyList<TextNormalizer> Normalizers,
    IReadOnlyList<TextSplitter> Splitters,
    int End,
    (char Mark, bool DropsFirst) Decoder)
{
    const string EndOfSequence = "</s>";

    /// <summary>A mark of a space in pieces, U+2581.</summary>
    const char WordStart = '▁';

    /// <summary>What transformers makes of a <c>spiece.model</c> (T5Converter).</summary>
    /// <param name="sentinels">The number of tokens <c>&lt;extra_id_…&gt;</c> behind the pieces.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is broken or is not supported; the message names it.</exception>
    public static TokenizerParts ReadSpiece(string path, int sentinels)
    {
        if (!File.Exists(path))
        {
            throw new FileNotFoundException("The folder has neither tokenizer.json nor spiece.model; a T5 tokenizer requires one of them.", path);
        }

        var model = SentencePieceModel.Read(path);
        try
        {
            return Of(model, sentinels);
        }
        catch (InvalidDataException exception)
        {
            throw new InvalidDataException($"{Path.GetFileName(path)} is not the model of a T5 tokenizer: {exception.Message}", exception);
        }
    }

    /// <exception cref="InvalidDataException">It has no end-of-sequence piece.</exception>
    static TokenizerParts Of(SentencePieceModel model, int sentinels)
    {
        Piece[] pieces =
        [
            .. model.Pieces,
            .. Enumerable.Range(0, sentinels).Reverse().Select(number => new Piece($"<extra_id_{number}>", 0, PieceType.Normal)),
        ];
        var vocabulary = new AddedVocabulary(pieces);
        return new TokenizerParts(
            pieces,
            vocabulary,
            [
                new CharacterMap(model.CharacterMap),
                new Replacement(Replacement.Simple(" {2,}"), " "),
            ],
            [new Metaspace(WordStart, PrefixScheme.Always, splits: true)],
            vocabulary.IdOf(EndOfSequence) ?? throw new InvalidDataException($"it has no {EndOfSequence}."),
            (WordStart, DropsFirst: true));
    }
}
