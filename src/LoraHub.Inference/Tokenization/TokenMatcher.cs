using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace LoraHub.Inference.Tokenization;

/// <summary>Finds added tokens in a text: the leftmost, of those the longest. Immutable once it is filled.</summary>
sealed class TokenMatcher
{
    readonly PieceTrie _trie = new();
    readonly Dictionary<int, AddedToken> _tokens = [];

    public void Add(string text, int id, AddedToken token)
    {
        if (text.Length > 0 && _tokens.TryAdd(id, token))
        {
            _trie.TryAdd(text, id);
        }
    }

    /// <summary>Cuts a text into added tokens and what lies between them; no part is empty.</summary>
    public IEnumerable<Part> Split(string text)
    {
        var done = 0;
        for (var place = 0; place < text.Length && _tokens.Count > 0;)
        {
            var (length, id) = _trie.LongestAt(text, place);
            if (length == 0)
            {
                place++;
                continue;
            }

            var (token, start, end) = (_tokens[id], place, place + length);
            place = end;
            if (token.IsWord && (IsWord(text, start, before: true) || IsWord(text, end, before: false)))
            {
                continue;
            }

            while (token.TakesLeft && start > done && char.IsWhiteSpace(text[start - 1]))
            {
                start--;
            }

            while (token.TakesRight && end < text.Length && char.IsWhiteSpace(text[end]))
            {
                end++;
            }

            if (done < start)
            {
                yield return new Part(done, start, null);
            }

            yield return new Part(start, end, id);
            done = end;
        }

        if (done < text.Length)
        {
            yield return new Part(done, text.Length, null);
        }
    }

    static bool IsWord(string text, int place, bool before)
    {
        var rune = default(Rune);
        var isThere = before
            ? Rune.DecodeLastFromUtf16(text.AsSpan(0, place), out rune, out _) == System.Buffers.OperationStatus.Done
            : Rune.DecodeFromUtf16(text.AsSpan(place), out rune, out _) == System.Buffers.OperationStatus.Done;
        return isThere && (Rune.IsLetterOrDigit(rune) || Rune.GetUnicodeCategory(rune)
            is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark
            or UnicodeCategory.ConnectorPunctuation or UnicodeCategory.LetterNumber);
    }

    /// <param name="Id">The added token's, or null for the text between them.</param>
    [StructLayout(LayoutKind.Auto)]
    public readonly record struct Part(int Start, int End, int? Id);
}
