using System.Globalization;
using System.Text;

namespace LoraHub.Modules.Ranking;

/// <summary>
/// Splits text into words and n-grams for rankings and searches: lower case, and only letters, marks and digits, so that no text is read as a query
/// operator.
/// </summary>
static class TextWords
{
    public const int GramLength = 4;

    /// <summary>In UTF-16 units; the rest of a longer word is ignored.</summary>
    const int LongestWord = 64;

    /// <summary>Runs of letters, digits and combining marks, in order. All other characters and lone surrogates separate words.</summary>
    /// <param name="digitsApart">Whether a run of digits is a word of its own, so that <c>t5</c> is two words: true for rankings, false for
    /// searches.</param>
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

    /// <summary>
    /// The words of an id or name, also split where a capital follows a lower-case letter: <c>flanQuestion_answering</c> has three.
    /// </summary>
    public static List<string> OfName(string name, bool digitsApart = false)
    {
        var spaced = new StringBuilder(name.Length + 8);
        for (var i = 0; i < name.Length; i++)
        {
            spaced.Append(i > 0 && char.IsUpper(name[i]) && char.IsLower(name[i - 1]) ? " " : "").Append(name[i]);
        }

        return Of(spaced.ToString(), digitsApart);
    }

    /// <summary>Every n-gram of every word, so that words with the same stem match; shorter words have none.</summary>
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
