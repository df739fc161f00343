using System.Globalization;
using System.Text;

namespace LoraHub.Inference.Tokenization;

/// <summary>A text in consecutive parts, which the model encodes one by one.</summary>
/// <param name="Starts">The start of each part, ascending; none is empty.</param>
readonly record struct SplitText(AlignedText Aligned, IReadOnlyList<int> Starts)
{
    /// <summary>A text in one part.</summary>
    public static SplitText Of(AlignedText text) => new(text, text.Text.Length > 0 ? [0] : []);

    public string Text => Aligned.Text;

    public int End(int part) => part + 1 < Starts.Count ? Starts[part + 1] : Text.Length;
}

/// <summary>One step of a tokenizer's <c>pre_tokenizer</c>. Immutable.</summary>
abstract class TextSplitter
{
    /// <summary>Whether it looks at where a part comes from, so that the sources must be there.</summary>
    public virtual bool NeedsSources => false;

    public abstract SplitText Split(SplitText text);
}

enum PrefixScheme
{
    Always,
    First,
    Never,
}

/// <summary>Writes spaces as a mark and starts a part at each mark.</summary>
/// <param name="scheme">Which parts get a mark at their start when they have none.</param>
sealed class Metaspace(char mark, PrefixScheme scheme, bool splits) : TextSplitter
{
    public override bool NeedsSources => scheme == PrefixScheme.First;

    public override SplitText Split(SplitText text)
    {
        var marked = new StringBuilder(text.Text.Length + 1);
        var ranges = text.Aligned.Sources is null ? null : new List<SourceRange>(text.Text.Length + 1);
        var starts = new List<int>();
        for (var part = 0; part < text.Starts.Count; part++)
        {
            var start = text.Starts[part];
            starts.Add(marked.Length);
            if (IsMarked(part, start, text) && text.Text[start] != ' ' && text.Text[start] != mark)
            {
                marked.Append(mark);
                ranges?.Add(new SourceRange(start, start));
            }

            for (var place = start; place < text.End(part); place++)
            {
                var character = text.Text[place] == ' ' ? mark : text.Text[place];
                if (splits && character == mark && marked.Length > starts[^1])
                {
                    starts.Add(marked.Length);
                }

                marked.Append(character);
                ranges?.Add(new SourceRange(place, place + 1));
            }
        }

        return new(text.Aligned.Rewritten(marked.ToString(), ranges), starts);
    }

    // "First" is the part that starts where the original text starts.
    bool IsMarked(int part, int start, SplitText text) => scheme switch
    {
        PrefixScheme.Always => true,
        PrefixScheme.First => part == 0 && text.Aligned.Sources?[start].Start == 0,
        _ => false,
    };
}

/// <summary>Drops white space and starts a part after it.</summary>
sealed class WhiteSpaceSplitter : TextSplitter
{
    public override SplitText Split(SplitText text)
    {
        var kept = new StringBuilder(text.Text.Length);
        var ranges = text.Aligned.Sources is null ? null : new List<SourceRange>(text.Text.Length);
        var starts = new List<int>();
        for (var part = 0; part < text.Starts.Count; part++)
        {
            var isNew = true;
            for (var place = text.Starts[part]; place < text.End(part); place++)
            {
                if (char.IsWhiteSpace(text.Text[place]))
                {
                    isNew = true;
                    continue;
                }

                if (isNew)
                {
                    starts.Add(kept.Length);
                    isNew = false;
                }

                kept.Append(text.Text[place]);
                ranges?.Add(new SourceRange(place, place + 1));
            }
        }

        return new(text.Aligned.Rewritten(kept.ToString(), ranges), starts);
    }
}

/// <summary>Separates characters of a kind from the others.</summary>
/// <param name="isContiguous">Whether several of the kind in a row are one part, or one each.</param>
sealed class KindSplitter(Func<Rune, bool> isOfKind, bool isContiguous) : TextSplitter
{
    /// <summary>Numbers of any script, fractions and numerals included.</summary>
    public static bool IsNumber(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;

    /// <summary>Unicode's punctuation and all of ASCII's, symbols included.</summary>
    public static bool IsPunctuation(Rune rune) => Rune.IsPunctuation(rune) || (rune.IsAscii && Rune.IsSymbol(rune));

    public override SplitText Split(SplitText text)
    {
        var starts = new List<int>();
        for (var part = 0; part < text.Starts.Count; part++)
        {
            var (start, wasOfKind) = (text.Starts[part], false);
            for (int place = start, width; place < text.End(part); place += width)
            {
                _ = Rune.DecodeFromUtf16(text.Text.AsSpan(place, text.End(part) - place), out var rune, out width);
                var isNow = isOfKind(rune);
                if (place == start || isNow != wasOfKind || (isNow && !isContiguous))
                {
                    starts.Add(place);
                }

                wasOfKind = isNow;
            }
        }

        return text with { Starts = starts };
    }
}
