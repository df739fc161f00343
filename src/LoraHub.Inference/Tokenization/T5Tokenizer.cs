using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;

using Microsoft.ML.Tokenizers;

namespace LoraHub.Inference.Tokenization;

/// <summary>
/// The T5 tokenizer of a Hugging Face folder. Its ids equal those of transformers' T5TokenizerFast, which AutoTokenizer loads.
/// Immutable and thread-safe.
/// </summary>
/// <remarks>
/// <para>
/// Replaces Microsoft.ML.Tokenizers 2.0.1's tokenizer, which follows SentencePiece, from which the fast tokenizer differs (docs/adr/0001).
/// Derives from that package's <see cref="Tokenizer"/>, so that .NET code written for it accepts this one.
/// </para>
/// <para>
/// Choices that the base class leaves open: every encoding and count ends with the end-of-sequence token, which truncation keeps and whose
/// offset is empty. Offsets are UTF-16 ranges of the original text, so the returned normalized text is null. Special tokens in the text are
/// recognized. <c>considerNormalization: false</c> means that the text is already normalized; the character map is not applied.
/// <c>considerPreTokenization</c> has no effect: T5's pieces never cross the start of a word, so the model includes that split. Decoding skips
/// special tokens and unknown ids.
/// </para>
/// </remarks>
public sealed class T5Tokenizer : Tokenizer
{
    const char WordStart = PlainText.WordStart;
    const string EndOfSequence = "</s>";

    // In the order of transformers' clean_up_tokenization; each applies to the result of the previous one.
    static readonly (string From, string To)[] CleanUps =
    [
        (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"),
        (" n't", "n't"), (" 'm", "'m"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
    ];

    readonly string[] _texts;
    readonly Dictionary<string, int> _specialIds;
    readonly Regex _specials;
    readonly PlainText _plainText;
    readonly bool _cleanUpSpaces;
    readonly int _endOfSequenceId;

    T5Tokenizer(SentencePieceModel model, TokenizerConfig config)
    {
        var sentinels = Enumerable.Range(0, config.ExtraIds).Reverse()
            .Select(number => new Piece($"<extra_id_{number}>", 0, PieceType.Control));
        Piece[] pieces = [.. model.Pieces, .. sentinels];

        _texts = [.. pieces.Select(piece => piece.Text)];
        _specialIds = Enumerable.Range(0, pieces.Length)
            .Where(id => pieces[id].Type is PieceType.Control or PieceType.Unknown)
            .ToDictionary(id => _texts[id]);
        _specials = new Regex(
            $"({string.Join('|', _specialIds.Keys.OrderByDescending(text => text.Length).Select(Regex.Escape))})",
            RegexOptions.NonBacktracking);
        _plainText = new PlainText(new CharacterMap(model.CharacterMap), new Unigram(pieces));
        _cleanUpSpaces = config.CleanUpSpaces;
        _endOfSequenceId = _specialIds.TryGetValue(EndOfSequence, out var id)
            ? id
            : throw new InvalidDataException($"it has no {EndOfSequence}.");
    }

    /// <summary>The number of ids. A model's padded vocabulary may be larger.</summary>
    public int Count => _texts.Length;

    /// <summary>Reads <c>spiece.model</c> and, if present, <c>tokenizer_config.json</c>.</summary>
    /// <exception cref="FileNotFoundException"><c>spiece.model</c> is missing; the message names it.</exception>
    /// <exception cref="InvalidDataException">A file is broken or has the wrong format; the message names it.</exception>
    public static T5Tokenizer Load(string folder)
    {
        var path = Path.Combine(folder, "spiece.model");
        var model = SentencePieceModel.Read(path);
        var config = TokenizerConfig.Read(Path.Combine(folder, "tokenizer_config.json"));

        try
        {
            return new T5Tokenizer(model, config);
        }
        catch (Exception exception) when (exception is InvalidDataException or ArgumentException)
        {
            throw new InvalidDataException($"{Path.GetFileName(path)} is not the model of a T5 tokenizer: {exception.Message}", exception);
        }
    }

    /// <summary>Encodes any string.</summary>
    /// <param name="maxTokens">At least 1; includes the end-of-sequence id, which truncation keeps.</param>
    public TokenizedText Encode(string text, int maxTokens = 2048)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxTokens, 1);

        var ids = new List<int>();
        Encode(text, isNormalized: false, ids);

        var isCut = ids.Count >= maxTokens;
        return new TokenizedText([.. ids.Take(maxTokens - 1), _endOfSequenceId], isCut);
    }

    /// <summary>Decodes ids. Skips unknown ids, as the reference does.</summary>
    /// <param name="cleanUpSpaces">Whether to remove spaces before punctuation; null uses the folder's setting, which is true by default.</param>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens = true, bool? cleanUpSpaces = null)
    {
        var result = new StringBuilder();
        var isFirst = true;
        foreach (var id in ids)
        {
            if ((uint)id >= _texts.Length || (skipSpecialTokens && _specialIds.ContainsKey(_texts[id])))
            {
                continue;
            }

            result.Append(isFirst ? _texts[id].Replace($"{WordStart}", "") : _texts[id].Replace(WordStart, ' '));
            isFirst = false;
        }

        if (cleanUpSpaces ?? _cleanUpSpaces)
        {
            foreach (var (from, to) in CleanUps)
            {
                result.Replace(from, to);
            }
        }

        return result.ToString();
    }

    /// <inheritdoc/>
    /// <returns>The text that <see cref="Decode(ReadOnlySpan{int}, bool, bool?)"/> returns by default.</returns>
    public override string Decode(IEnumerable<int> ids) => Decode([.. ids], skipSpecialTokens: true);

    /// <inheritdoc/>
    /// <remarks>If the text does not fit, writes the text of as many ids as fit.</remarks>
    public override OperationStatus Decode(IEnumerable<int> ids, Span<char> destination, out int idsConsumed, out int charsWritten)
    {
        int[] all = [.. ids];
        idsConsumed = all.Length;
        var text = Decode(all, skipSpecialTokens: true);
        if (text.Length > destination.Length)
        {
            idsConsumed = MostThatFit(all, destination.Length);
            text = Decode(all.AsSpan(0, idsConsumed), skipSpecialTokens: true);
        }

        text.CopyTo(destination);
        charsWritten = text.Length;
        return idsConsumed == all.Length ? OperationStatus.Done : OperationStatus.DestinationTooSmall;
    }

    /// <inheritdoc/>
    protected override EncodeResults<int> EncodeToIds(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings)
    {
        if (settings.MaxTokenCount < int.MaxValue)
        {
            var (tokens, end) = EncodeToRanges(text ?? textSpan.ToString(), settings);
            return new EncodeResults<int> { Tokens = [.. tokens.Select(token => token.Id)], CharsConsumed = end };
        }

        var ids = new List<int>();
        text ??= textSpan.ToString();
        Encode(text, !settings.ConsiderNormalization, ids);
        ids.Add(_endOfSequenceId);
        return new EncodeResults<int> { Tokens = ids, CharsConsumed = text.Length };
    }

    /// <inheritdoc/>
    protected override EncodeResults<EncodedToken> EncodeToTokens(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings)
    {
        var (tokens, end) = EncodeToRanges(text ?? textSpan.ToString(), settings);
        return new EncodeResults<EncodedToken>
        {
            Tokens = [.. tokens.Select(token => new EncodedToken(token.Id, _texts[token.Id], token.Source.Start..token.Source.End))],
            CharsConsumed = end,
        };
    }

    /// <inheritdoc/>
    protected override int CountTokens(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings) =>
        EncodeToIds(text, textSpan, settings).Tokens.Count;

    /// <inheritdoc/>
    protected override int GetIndexByTokenCount(
        string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings, bool fromEnd, out string? normalizedText, out int tokenCount)
    {
        normalizedText = null;
        text ??= textSpan.ToString();
        if (!fromEnd)
        {
            var (start, end) = EncodeToRanges(text, settings);
            tokenCount = start.Count;
            return end;
        }

        var (all, _) = EncodeToRanges(text, new EncodeSettings { ConsiderNormalization = settings.ConsiderNormalization });
        tokenCount = Math.Min(settings.MaxTokenCount, all.Count);
        return tokenCount == all.Count ? 0 : all[^tokenCount].Source.Start;
    }

    /// <summary>Encodes up to the allowed number of tokens, the end-of-sequence token last. Also returns where in the text they end.</summary>
    (IReadOnlyList<(int Id, SourceRange Source)> Tokens, int End) EncodeToRanges(string text, EncodeSettings settings)
    {
        var ids = new List<int>();
        var sources = new List<SourceRange>();
        Encode(text, !settings.ConsiderNormalization, ids, sources);

        var isCut = ids.Count >= settings.MaxTokenCount;
        var count = isCut ? settings.MaxTokenCount - 1 : ids.Count;
        var end = !isCut ? text.Length : count == 0 ? 0 : sources[count - 1].End;
        return ([.. ids.Take(count).Zip(sources), (_endOfSequenceId, new SourceRange(end, end))], end);
    }

    void Encode(string text, bool isNormalized, List<int> ids, List<SourceRange>? sources = null)
    {
        // Splits at special tokens before normalization. They are the parts with odd indexes.
        var parts = _specials.Split(text);
        for (int i = 0, start = 0; i < parts.Length; start += parts[i++].Length)
        {
            if (i % 2 == 1)
            {
                ids.Add(_specialIds[parts[i]]);
                sources?.Add(new SourceRange(start, start + parts[i].Length));
            }
            else
            {
                _plainText.Encode(parts[i], isNormalized, ids, start, sources);
            }
        }
    }

    int MostThatFit(int[] ids, int characters)
    {
        var (fits, tooMany) = (0, ids.Length);
        while (tooMany - fits > 1)
        {
            var half = (fits + tooMany) / 2;
            (fits, tooMany) = Decode(ids.AsSpan(0, half), skipSpecialTokens: true).Length <= characters ? (half, tooMany) : (fits, half);
        }

        return fits;
    }
}
