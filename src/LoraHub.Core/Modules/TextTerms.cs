using System.Globalization;
using System.Text;

namespace LoraHub.Core.Modules;

/// <summary>The words of a text and the pieces of words, as a search compares them: in lower case, whatever else stands in the text.</summary>
static class TextTerms
{
    const int LongestWord = 64; // UTF-16 units; what a longer run has beyond is not read
    const int GramLength = 4;

    /// <summary>Runs of letters (with the marks on them) and runs of digits, in order. Lone surrogates and everything else part words.</summary>
    public static List<string> Words(ReadOnlySpan<char> text)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        var kind = Kind.Other;
        foreach (var rune in text.EnumerateRunes())
        {
            var next = KindOf(rune, kind);
            if (next != kind)
            {
                Close(word, words);
                kind = next;
            }

            if (kind != Kind.Other && word.Length < LongestWord)
            {
                word.Append(Rune.ToLowerInvariant(rune).ToString());
            }
        }

        Close(word, words);
        return words;
    }

    /// <summary>The words of an id or another name, parted also where a capital follows a small letter: <c>flanQuestion_answering</c> has three.</summary>
    public static List<string> NameWords(string name)
    {
        var spaced = new StringBuilder(name.Length + 8);
        for (var i = 0; i < name.Length; i++)
        {
            if (i > 0 && char.IsUpper(name[i]) && char.IsLower(name[i - 1]))
            {
                spaced.Append(' ');
            }

            spaced.Append(name[i]);
        }

        return Words(spaced.ToString());
    }

    /// <summary>Every four neighbouring letters of every word, so that words of one stem meet; shorter words have none.</summary>
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
            words.Add(word.ToString());
            word.Clear();
        }
    }

    static Kind KindOf(Rune rune, Kind before) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark => before == Kind.Letter ? Kind.Letter : Kind.Other,
        UnicodeCategory.DecimalDigitNumber => Kind.Digit,
        _ => Rune.IsLetter(rune) ? Kind.Letter : Kind.Other,
    };

    enum Kind
    {
        Other,
        Letter,
        Digit,
    }
}
