using System.Text;
using System.Text.RegularExpressions;

namespace LoraHub.Inference.Tokenization;

/// <summary>
/// The T5 tokenizer of a Hugging Face folder, id for id equal to transformers' T5TokenizerFast (what AutoTokenizer gives).
/// Immutable: one instance serves all threads.
/// </summary>
/// <remarks>
/// Its own, because Microsoft.ML.Tokenizers 2.0.1 follows SentencePiece itself, from which the fast tokenizer differs (clusters of
/// characters, white space at the end, special tokens inside a text), takes the other of two equally good splits, and throws on T5's
/// bos_id of −1.
/// </remarks>
public sealed class T5Tokenizer
{
    const char WordStart = '▁'; // U+2581 stands for a space in pieces
    const string EndOfSequence = "</s>";

    // In the order of transformers' clean_up_tokenization; each goes over the result of the one before.
    static readonly (string From, string To)[] CleanUps =
    [
        (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"),
        (" n't", "n't"), (" 'm", "'m"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
    ];

    readonly string[] _texts;
    readonly Dictionary<string, int> _specialIds;
    readonly Regex _specials;
    readonly CharacterMap _characterMap;
    readonly Unigram _unigram;
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
        _characterMap = new CharacterMap(model.CharacterMap);
        _unigram = new Unigram(pieces);
        _cleanUpSpaces = config.CleanUpSpaces;
        _endOfSequenceId = _specialIds.TryGetValue(EndOfSequence, out var id)
            ? id
            : throw new InvalidDataException($"it has no {EndOfSequence}.");
    }

    /// <summary>The first id beyond the tokenizer. A model's vocabulary may be larger: it is padded.</summary>
    public int Count => _texts.Length;

    /// <summary>Reads <c>spiece.model</c> and, where there is one, <c>tokenizer_config.json</c>.</summary>
    /// <exception cref="FileNotFoundException">There is no <c>spiece.model</c>; the message names it.</exception>
    /// <exception cref="InvalidDataException">A file is broken or of another kind; the message names it.</exception>
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

    /// <summary>The ids of a text; any string will do.</summary>
    /// <param name="maxTokens">At least 1; with the end-of-sequence id, which is kept when the text is cut.</param>
    public TokenizedText Encode(string text, int maxTokens = 2048)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxTokens, 1);

        // Special tokens are found in the text as it is, before anything is normalised. They are the odd parts.
        var ids = new List<int>();
        var parts = _specials.Split(text);
        for (var i = 0; i < parts.Length; i++)
        {
            if (i % 2 == 1)
            {
                ids.Add(_specialIds[parts[i]]);
            }
            else
            {
                EncodePlain(parts[i], ids);
            }
        }

        var isCut = ids.Count >= maxTokens;
        return new TokenizedText([.. ids.Take(maxTokens - 1), _endOfSequenceId], isCut);
    }

    /// <summary>The text of ids; those beyond the tokenizer are skipped, as the reference does.</summary>
    /// <param name="cleanUpSpaces">Whether spaces before punctuation go; null is what the folder says, and that is yes by default.</param>
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

    void EncodePlain(string text, List<int> ids)
    {
        var words = MarkWordStarts(_characterMap.Normalize(text));
        for (int start = 0, end; start < words.Length; start = end)
        {
            end = words.IndexOf(WordStart, start + 1);
            end = end < 0 ? words.Length : end;
            _unigram.Encode(words.AsSpan(start, end - start), ids);
        }
    }

    /// <summary>"▁a▁b" for "a  b": a run of spaces is one word start, and the first word has one in any case.</summary>
    static string MarkWordStarts(string text)
    {
        var words = new StringBuilder(text.Length + 1);
        if (text.Length > 0 && text[0] is not (' ' or WordStart))
        {
            words.Append(WordStart);
        }

        var previous = WordStart;
        foreach (var character in text)
        {
            if (character != ' ' || previous != ' ')
            {
                words.Append(character == ' ' ? WordStart : character);
            }

            previous = character;
        }

        return words.ToString();
    }
}
