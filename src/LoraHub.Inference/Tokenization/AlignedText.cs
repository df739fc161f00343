using System.Text;

namespace LoraHub.Inference.Tokenization;

/// <summary>A text and, where offsets are asked for, the part of the original text that each of its UTF-16 units comes from.</summary>
/// <param name="Sources">As many as the text has units, or null.</param>
readonly record struct AlignedText(string Text, IReadOnlyList<SourceRange>? Sources)
{
    /// <summary>A part of the original text.</summary>
    /// <param name="start">Its place in the original text.</param>
    public static AlignedText Of(string text, int start, bool isAligned) =>
        new(text, isAligned ? [.. Enumerable.Range(start, text.Length).Select(place => new SourceRange(place, place + 1))] : null);

    public AlignedText Slice(int start, int end) =>
        new(Text[start..end], Sources is null ? null : [.. Sources.Skip(start).Take(end - start)]);

    /// <summary>The same for a text made of this one.</summary>
    /// <param name="ranges">The part of this text that each unit of the new one comes from; an empty one for what was inserted.</param>
    public AlignedText Rewritten(string text, IReadOnlyList<SourceRange>? ranges)
    {
        if (Sources is not { } sources)
        {
            return new(text, null);
        }

        return new(text, [.. ranges!.Select(range => range.Start < range.End
            ? new SourceRange(sources[range.Start].Start, sources[range.End - 1].End)
            : Nothing(range.Start))]);

        SourceRange Nothing(int place)
        {
            var at = place < sources.Count ? sources[place].Start : sources.Count > 0 ? sources[^1].End : 0;
            return new SourceRange(at, at);
        }
    }
}

/// <summary>One step of a tokenizer's <c>normalizer</c>. Immutable.</summary>
abstract class TextNormalizer
{
    public AlignedText Apply(AlignedText text)
    {
        var sources = text.Sources is null ? null : new List<SourceRange>(text.Text.Length);
        return text.Rewritten(Normalize(text.Text, sources), sources);
    }

    /// <param name="sources">Receives the part of the text that each UTF-16 unit of the result comes from; null if nobody asks.</param>
    public abstract string Normalize(string text, List<SourceRange>? sources = null);

    /// <summary>Adds a range for each unit that was appended to the result since the last call.</summary>
    protected static void Add(List<SourceRange>? sources, StringBuilder result, int start, int length)
    {
        while (sources?.Count < result.Length)
        {
            sources.Add(new SourceRange(start, start + length));
        }
    }
}
