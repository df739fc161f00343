using System.Globalization;
using System.Text;

namespace LoraHub.Core.Modules;

/// <summary>The words of a text and the pieces of words, as a search compares them: in lower case, whatever else stands in the text.</summary>
static class TextTerms
{
    public const int GramLength = 4;

    const int LongestWord = 64; // UTF-16 units; what a longer run has beyond is not read

    /// <summary>Runs of letters (with the marks on them) and runs of digits, in order. Lone surrogates and everything else part words.</summary>
    public static List<string> Words(ReadOnlySpan<char> text)
    {
        var words = new List<string>();
        var kind = Kind.Other;
        var (start, at) = (0, 0);
        foreach (var rune in text.EnumerateRunes())
        {
            var next = KindOf(rune, kind);
            if (next != kind)
            {
                Close(text[start..at], kind, words);
                (start, kind) = (at, next);
            }

            at += rune.Utf16SequenceLength; // a lone surrogate is read as U+FFFD, one unit as well
        }

        Close(text[start..], kind, words);
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

    static void Close(ReadOnlySpan<char> word, Kind kind, List<string> words)
    {
        if (kind != Kind.Other)
        {
            Span<char> lower = stackalloc char[LongestWord];
            var length = word[..Math.Min(word.Length, LongestWord)].ToLowerInvariant(lower);
            words.Add(new string(lower[..length]));
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
