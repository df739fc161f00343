using System.Runtime.InteropServices;

namespace LoraHub.Modules.Ranking;

/// <summary>Which documents hold which terms, scored by BM25 (Robertson and Zaragoza, 2009, equation 3.15) with k1 = 1.2 and b = 0.75.</summary>
sealed class TermIndex
{
    const double K1 = 1.2;
    const double B = 0.75;

    readonly Dictionary<string, List<(int Document, int Count)>> _postings = new(StringComparer.Ordinal);
    readonly List<int> _lengths = [];
    long _totalLength;
    int _length; // of the document that is being read

    /// <summary>The next document.</summary>
    public void Add(IEnumerable<string> terms)
    {
        foreach (var term in terms)
        {
            Hold(term);
        }

        Close();
    }

    /// <summary>The next document, of all pieces of these words.</summary>
    public void AddGrams(IEnumerable<string> words)
    {
        foreach (var word in words)
        {
            for (var i = 0; i + TextWords.GramLength <= word.Length; i++)
            {
                Hold(word.AsSpan(i, TextWords.GramLength));
            }
        }

        Close();
    }

    /// <summary>Adds to each document's score what the terms give it.</summary>
    /// <param name="terms">Each with the number of examples that hold it.</param>
    public void Score(Dictionary<string, int> terms, double weight, double[] scores)
    {
        var averageLength = (double)_totalLength / _lengths.Count;
        foreach (var (term, examples) in terms)
        {
            if (!_postings.TryGetValue(term, out var postings))
            {
                continue;
            }

            var gain = weight * examples * InverseFrequency(postings.Count) * (K1 + 1);
            foreach (var (document, count) in postings)
            {
                scores[document] += gain * count / (count + (K1 * (1 - B + (B * _lengths[document] / averageLength))));
            }
        }
    }

    public static Dictionary<string, int> Counted(IEnumerable<string> terms)
    {
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var term in terms)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(counts, term, out _)++;
        }

        return counts;
    }

    void Hold(ReadOnlySpan<char> term)
    {
        ref var postings = ref CollectionsMarshal.GetValueRefOrAddDefault(_postings.GetAlternateLookup<ReadOnlySpan<char>>(), term, out _);
        postings ??= [];
        if (postings.Count > 0 && postings[^1].Document == _lengths.Count)
        {
            CollectionsMarshal.AsSpan(postings)[^1].Count++;
        }
        else
        {
            postings.Add((_lengths.Count, 1));
        }

        _length++;
    }

    void Close()
    {
        _lengths.Add(_length);
        _totalLength += _length;
        _length = 0;
    }

    /// <summary>Above zero also for a term of every document, as in Lucene: no match ever lowers a score.</summary>
    double InverseFrequency(int holders) => Math.Log(1 + ((_lengths.Count - holders + 0.5) / (holders + 0.5)));
}
