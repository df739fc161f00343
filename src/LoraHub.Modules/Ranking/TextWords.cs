using System.Globalization;
using System.Text;

namespace LoraHub.Modules.Ranking;

/// <summary>
/// The words of a text and the pieces of words, as rankings and searches compare them: in lower case, and of nothing but letters, marks and digits, so that no text
/// can be taken for an operator of a query.
/// </summary>
static class TextWords
{
    public const int GramLength = 4;

    /// <summary>In UTF-16 units; the rest of a longer run is not read.</summary>
    const int LongestWord = 64;

    /// <summary>Runs of letters and digits, with the marks on them, in order. Lone surrogates and everything else separate words.</summary>
    /// <param name="digitsApart">Whether a run of digits is a word of its own: <c>t5</c> has two, which a ranking wants; a search looks for it as one.</param>
    public static List<string> Of(ReadOnlySpan<char> text, bool digitsApart = false)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        var kind = Kind.Other;
        foreach (var rune in text.EnumerateRunes())
        {
            var next = KindOf(rune, kind, digitsApart);
            if (next != kind)
            {
                Close(word, words);
                kind = next;
            }

            if (kind != Kind.Other)
            {
                word.Append(Rune.ToLowerInvariant(rune).ToString());
            }
        }

        Close(word, words);
        return words;
    }

    /// <summary>The words of an id or another name, separated also where a capital follows a small letter: <c>flanQuestion_answering</c> has three.</summary>
    public static List<string> OfName(string name, bool digitsApart = false)
    {
        var spaced = new StringBuilder(name.Length + 8);
        for (var i = 0; i < name.Length; i++)
        {
            spaced.Append(i > 0 && char.IsUpper(name[i]) && char.IsLower(name[i - 1]) ? " " : "").Append(name[i]);
        }

        return Of(spaced.ToString(), digitsApart);
    }

    /// <summary>Every four neighboring letters of every word, so that words of one stem meet; shorter words have none.</summary>
    public static IEnumerable<string> Grams(IEnumerable<string> words)
    {
        foreach (var word in words)
        {
            for (var i = 0; i + GramLength <= word.Length; i++)
            {
                yield return word.Substring(i, GramLength);
            }
        }
    }

    static void Close(StringBuilder word, List<string> words)
    {
        if (word.Length > 0)
        {
            var end = Math.Min(word.Length, LongestWord);
            words.Add(word.ToString(0, char.IsHighSurrogate(word[end - 1]) ? end - 1 : end));
            word.Clear();
        }
    }

    static Kind KindOf(Rune rune, Kind before, bool digitsApart) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark => digitsApart && before != Kind.Letter ? Kind.Other : Kind.Letter,
        UnicodeCategory.DecimalDigitNumber => digitsApart ? Kind.Digit : Kind.Letter,
        _ => Rune.IsLetter(rune) ? Kind.Letter : Kind.Other,
    };

    enum Kind
    {
        Other,
        Letter,
        Digit,
    }
}
