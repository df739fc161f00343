using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace LoraHub.Inference.Tokenization;

/// <summary>Maps each character by itself. A lone surrogate is treated as U+FFFD.</summary>
/// <param name="append">Appends what a character becomes: itself, another one, several, or nothing.</param>
sealed class CharacterNormalizer(Action<Rune, StringBuilder> append) : TextNormalizer
{
    const int CapitalDottedI = 0x130;

    /// <summary>Unicode's lower case without context. This one letter becomes two characters.</summary>
    public static TextNormalizer Lowercase { get; } = new CharacterNormalizer(
        (rune, result) => result.Append(rune.Value == CapitalDottedI ? "i\u0307" : Rune.ToLowerInvariant(rune).ToString()));

    /// <summary>Drops combining marks.</summary>
    public static TextNormalizer StripAccents { get; } = new CharacterNormalizer((rune, result) =>
    {
        if (Rune.GetUnicodeCategory(rune) is not (
            UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark))
        {
            result.Append(rune);
        }
    });

    /// <summary>SentencePiece's <c>nmt</c> rules: control characters are dropped; other white space and zero-width ones become spaces.</summary>
    public static TextNormalizer Nmt { get; } = new CharacterNormalizer((rune, result) =>
    {
        switch (rune.Value)
        {
            case (>= 0x1 and <= 0x8) or 0xB or (>= 0xE and <= 0x1F) or 0x7F or 0x8F or 0x9F:
                break;
            case 0x9 or 0xA or 0xC or 0xD or 0x1680 or (>= 0x200B and <= 0x200F) or 0x2028 or 0x2029 or 0x2581 or 0xFEFF or 0xFFFD:
                result.Append(' ');
                break;
            default:
                result.Append(rune);
                break;
        }
    });

    public override string Normalize(string text, List<SourceRange>? sources = null, int most = int.MaxValue)
    {
        var result = new StringBuilder(text.Length);
        var start = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            append(rune, result);
            Add(sources, result, start, rune.Utf16SequenceLength); // 1 for a lone surrogate and for its U+FFFD
            start += rune.Utf16SequenceLength;
        }

        return result.ToString();
    }
}

/// <summary>Replaces every match of a pattern by a text.</summary>
sealed class Replacement(Regex pattern, string content) : TextNormalizer
{
    /// <summary>A pattern that cannot backtrack far. NonBacktracking takes seconds for the first run of 100,000 characters.</summary>
    public static Regex Simple(string pattern) => new(pattern, RegexOptions.CultureInvariant, Regex.InfiniteMatchTimeout);

    protected override string Name => "Replace";

    public override string Normalize(string text, List<SourceRange>? sources = null, int most = int.MaxValue)
    {
        var result = new StringBuilder(text.Length);
        var copied = 0;
        foreach (var match in pattern.EnumerateMatches(text))
        {
            Copy(text, copied, match.Index, result, sources);
            ThrowIfLonger((long)result.Length + content.Length, most);
            result.Append(content);
            Add(sources, result, match.Index, match.Length);
            copied = match.Index + match.Length;
        }

        Copy(text, copied, text.Length, result, sources);
        return result.ToString();
    }

    static void Copy(string text, int start, int end, StringBuilder result, List<SourceRange>? sources)
    {
        result.Append(text, start, end - start);
        sources?.AddRange(Enumerable.Range(start, end - start).Select(place => new SourceRange(place, place + 1)));
    }
}

/// <summary>Removes white space at the ends.</summary>
sealed class Strip(bool left, bool right) : TextNormalizer
{
    public override string Normalize(string text, List<SourceRange>? sources = null, int most = int.MaxValue)
    {
        var start = left ? text.Length - text.AsSpan().TrimStart().Length : 0;
        var end = right ? Math.Max(start, text.AsSpan().TrimEnd().Length) : text.Length;
        sources?.AddRange(Enumerable.Range(start, end - start).Select(place => new SourceRange(place, place + 1)));
        return text[start..end];
    }
}

/// <summary>Puts a text before every text that is not empty.</summary>
sealed class Prepend(string prefix) : TextNormalizer
{
    public override string Normalize(string text, List<SourceRange>? sources = null, int most = int.MaxValue)
    {
        if (text.Length == 0)
        {
            return text;
        }

        ThrowIfLonger((long)prefix.Length + text.Length, most);
        sources?.AddRange(Enumerable.Repeat(new SourceRange(0, 0), prefix.Length));
        sources?.AddRange(Enumerable.Range(0, text.Length).Select(place => new SourceRange(place, place + 1)));
        return prefix + text;
    }
}
