using System.Globalization;
using System.Text;

namespace LoraHub.Storage.Records.Modules;

/// <summary>
/// The words that a search compares, the same for both databases, which then only store them: in lower case, and of nothing but letters, marks and digits, so that
/// no text can be taken for an operator of a query.
/// </summary>
static class SearchWords
{
    /// <summary>What a longer word has beyond is not compared, in UTF-16 units.</summary>
    const int LongestWord = 64;

    /// <summary>More words of a query than these do not make it narrower.</summary>
    public const int MostAsked = 16;

    /// <summary>Runs of letters and digits with the marks on them, in order.</summary>
    public static List<string> Of(ReadOnlySpan<char> text)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            if (IsPart(rune))
            {
                word.Append(Rune.ToLowerInvariant(rune).ToString());
            }
            else
            {
                Close(word, words);
            }
        }

        Close(word, words);
        return words;
    }

    /// <summary>Of an id also the parts that begin with a capital: <c>flanQuestion_answering</c> has <c>flanquestion</c>, <c>answering</c>, and <c>question</c>.</summary>
    public static List<string> OfId(string id)
    {
        var parted = new StringBuilder(id.Length + 8);
        for (var i = 0; i < id.Length; i++)
        {
            parted.Append(i > 0 && char.IsUpper(id[i]) && char.IsLower(id[i - 1]) ? " " : "").Append(id[i]);
        }

        return [.. Of(id), .. Of(parted.ToString()).Except(Of(id))];
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

    static bool IsPart(Rune rune) =>
        Rune.IsLetterOrDigit(rune) || Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark;
}
