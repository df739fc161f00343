using System.Buffers;
using System.Text;

using LoraHub.Formats.ModelConfig;

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
/// recognized. <c>considerNormalization: false</c> means that the text is already normalized; the normalizer is not applied.
/// <c>considerPreTokenization</c> has no effect: T5's pieces never cross the start of a word, so the model includes that split. Decoding skips
/// special tokens and unknown ids.
/// </para>
/// </remarks>
public sealed class T5Tokenizer : Tokenizer
{
    readonly IReadOnlyList<string> _texts;
    readonly bool[] _isSpecial;
    readonly TokenMatcher _added; // in the text as it is given
    readonly TokenMatcher _addedNormalized;
    readonly PlainText _plainText;
    readonly (char Mark, bool DropsFirst) _decoder;
    readonly bool _cleanUpSpaces;
    readonly int _endOfSequenceId;

    T5Tokenizer(TokenizerParts parts, bool cleanUpSpaces)
    {
        _texts = parts.Vocabulary.Texts;
        _isSpecial = [.. _texts.Select(parts.Vocabulary.SpecialTexts.Contains)];
        _plainText = new PlainText(parts.Normalizers, parts.Splitters, new Unigram(parts.Pieces));
        _added = parts.Vocabulary.Raw();
        _addedNormalized = parts.Vocabulary.Normalized(text => _plainText.Normalize(new AlignedText(text, null)).Text);
        (_decoder, _cleanUpSpaces, _endOfSequenceId) = (parts.Decoder, cleanUpSpaces, parts.End);
    }

    /// <summary>The number of ids. A model's padded vocabulary may be larger.</summary>
    public int Count => _texts.Count;

    /// <summary>
    /// Reads <c>tokenizer.json</c>, else <c>spiece.model</c>, and the files of special and added tokens, as AutoTokenizer does.
    /// </summary>
    /// <exception cref="FileNotFoundException">The folder has neither; the message names them.</exception>
    /// <exception cref="InvalidDataException">A file is broken or is not supported; the message names it.</exception>
    /// <exception cref="ModelException">The normalizer makes a token too long.</exception>
    public static T5Tokenizer Load(string folder)
    {
        var config = TokenizerConfig.Read(folder);
        var json = Path.Combine(folder, "tokenizer.json");
        var parts = File.Exists(json) ? TokenizerJson.Read(json) : TokenizerParts.ReadSpiece(Path.Combine(folder, "spiece.model"), config.Sentinels);
        config.AddTo(parts.Vocabulary);
        return new T5Tokenizer(parts, config.CleanUpSpaces);
    }

    /// <summary>Encodes any string.</summary>
    /// <param name="maxTokens">At least 1; includes the end-of-sequence id, which truncation keeps.</param>
    /// <exception cref="ModelException">The folder's normalizer makes the text too long.</exception>
    public TokenizedText Encode(string text, int maxTokens = 2048)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxTokens, 1);

        var ids = new List<int>();
        Encode(text, isNormalized: false, ids, most: maxTokens);

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
            if (TextOf(id, isFirst, skipSpecialTokens) is { } text)
            {
                result.Append(text);
                isFirst = false;
            }
        }

        foreach (var (from, to) in CleanUpsOf(cleanUpSpaces))
        {
            result.Replace(from, to);
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

    /// <summary>What a token adds to decoded text, before spaces are cleaned up; null if it is skipped.</summary>
    /// <param name="isFirst">Whether all tokens before it were skipped.</param>
    internal string? TextOf(int id, bool isFirst, bool skipSpecialTokens = true) =>
        (uint)id >= _texts.Count || (skipSpecialTokens && _isSpecial[id]) ? null
        : isFirst && _decoder.DropsFirst ? _texts[id].Replace($"{_decoder.Mark}", "")
        : _texts[id].Replace(_decoder.Mark, ' ');

    /// <summary>The replacements that clean up decoded text, each in the result of the previous one.</summary>
    internal IReadOnlyList<(string From, string To)> CleanUpsOf(bool? cleanUpSpaces) =>
        cleanUpSpaces ?? _cleanUpSpaces ? SpaceCleanUp.Replacements : [];

    /// <summary>Encodes up to the allowed number of tokens, the end-of-sequence token last. Also returns where in the text they end.</summary>
    (IReadOnlyList<(int Id, SourceRange Source)> Tokens, int End) EncodeToRanges(string text, EncodeSettings settings)
    {
        var ids = new List<int>();
        var sources = new List<SourceRange>();
        Encode(text, !settings.ConsiderNormalization, ids, sources, settings.MaxTokenCount);

        var isCut = ids.Count >= settings.MaxTokenCount;
        var count = isCut ? settings.MaxTokenCount - 1 : ids.Count;
        var end = !isCut ? text.Length : count == 0 ? 0 : sources[count - 1].End;
        return ([.. ids.Take(count).Zip(sources), (_endOfSequenceId, new SourceRange(end, end))], end);
    }

    /// <param name="most">Stops when there are as many ids, at the next place where the text is split.</param>
    void Encode(string text, bool isNormalized, List<int> ids, List<SourceRange>? sources = null, int most = int.MaxValue)
    {
        foreach (var (start, end, id) in _added.Split(text).TakeWhile(_ => ids.Count < most))
        {
            if (id is { } token)
            {
                ids.Add(token);
                sources?.Add(new SourceRange(start, end));
                continue;
            }

            var given = AlignedText.Of(text[start..end], start, sources is not null || _plainText.NeedsSources);
            EncodeBetween(isNormalized ? given : _plainText.Normalize(given), ids, sources, most);
        }
    }

    void EncodeBetween(AlignedText text, List<int> ids, List<SourceRange>? sources, int most)
    {
        foreach (var (start, end, id) in _addedNormalized.Split(text.Text).TakeWhile(_ => ids.Count < most))
        {
            if (id is { } token)
            {
                ids.Add(token);
                sources?.Add(new SourceRange(text.Sources![start].Start, text.Sources[end - 1].End));
            }
            else
            {
                _plainText.Encode(end - start == text.Text.Length ? text : text.Slice(start, end), ids, sources, most);
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
