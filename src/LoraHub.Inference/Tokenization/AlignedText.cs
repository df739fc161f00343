using System.Text;
using LoraHub.Formats.ModelConfig;

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
    /// <summary>How many times as long a text may become. Compatibility forms of Unicode make at most 18 characters of one.</summary>
    public const int MostGrowth = 20;

    /// <summary>Its type in <c>tokenizer.json</c>, for messages.</summary>
    protected virtual string Name => GetType().Name;

    /// <param name="most">See <see cref="Normalize"/>.</param>
    public AlignedText Apply(AlignedText text, int most)
    {
        var sources = text.Sources is null ? null : new List<SourceRange>(text.Text.Length);
        var normalized = Normalize(text.Text, sources, most);
        ThrowIfLonger(normalized.Length, most);
        return text.Rewritten(normalized, sources);
    }

    /// <param name="sources">Receives the part of the text that each UTF-16 unit of the result comes from; null if nobody asks.</param>
    /// <param name="most">The most units of the result. A step that may make a text much longer stops as soon as there are more.</param>
    /// <exception cref="ModelException">The result is longer.</exception>
    public abstract string Normalize(string text, List<SourceRange>? sources = null, int most = int.MaxValue);

    protected void ThrowIfLonger(long length, int most)
    {
        if (length > most)
        {
            throw new ModelException($"tokenizer.json has a normalizer `{Name}` that makes a text more than {MostGrowth} times as long.");
        }
    }

    /// <summary>Adds a range for each unit that was appended to the result since the last call.</summary>
    protected static void Add(List<SourceRange>? sources, StringBuilder result, int start, int length)
    {
        while (sources?.Count < result.Length)
        {
            sources.Add(new SourceRange(start, start + length));
        }
    }
}
