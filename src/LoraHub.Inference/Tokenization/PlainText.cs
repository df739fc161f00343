using LoraHub.Formats.ModelConfig;

namespace LoraHub.Inference.Tokenization;

/// <summary>Encodes text between added tokens: normalizes it, splits it and looks for the pieces of each part.</summary>
sealed class PlainText(IReadOnlyList<TextNormalizer> normalizers, IReadOnlyList<TextSplitter> splitters, Unigram unigram)
{
    /// <inheritdoc cref="TextSplitter.NeedsSources"/>
    public bool NeedsSources { get; } = splitters.Any(splitter => splitter.NeedsSources);

    /// <exception cref="ModelException">The text becomes too long.</exception>
    public AlignedText Normalize(AlignedText text)
    {
        const int Slack = 1024; // a prefix may be longer than a short text
        var most = (int)Math.Min(Slack + ((long)TextNormalizer.MostGrowth * text.Text.Length), int.MaxValue);
        return normalizers.Aggregate(text, (current, normalizer) => normalizer.Apply(current, most));
    }

    /// <summary>Adds the ids of a normalized text.</summary>
    /// <param name="sources">Receives the source range of each id, or null.</param>
    /// <param name="most">Ends with the part in which there are as many ids.</param>
    public void Encode(AlignedText text, List<int> ids, List<SourceRange>? sources, int most)
    {
        var split = splitters.Aggregate(SplitText.Of(text), (current, splitter) => splitter.Split(current));
        var ends = sources is null ? null : new List<int>();
        for (var part = 0; part < split.Starts.Count && ids.Count < most; part++)
        {
            var start = split.Starts[part];
            unigram.Encode(split.Text.AsSpan(start, split.End(part) - start), ids, ends);
            if (sources is not null)
            {
                Locate(start, ends!, split.Aligned.Sources!, sources);
            }
        }
    }

    /// <summary>Adds the source ranges of a part's pieces.</summary>
    static void Locate(int part, List<int> ends, IReadOnlyList<SourceRange> characters, List<SourceRange> sources)
    {
        var first = part;
        foreach (var end in ends)
        {
            sources.Add(new SourceRange(characters[first].Start, characters[part + end - 1].End));
            first = part + end;
        }

        ends.Clear();
    }
}
