using System.Runtime.InteropServices;

namespace LoraHub.Modules.Ranking;

/// <summary>An inverted index whose documents are scored by BM25 (Robertson and Zaragoza, 2009, equation 3.15) with k1 = 1.2 and b = 0.75.</summary>
sealed class TermIndex
{
    const double K1 = 1.2;
    const double B = 0.75;

    readonly Dictionary<string, List<(int Document, int Count)>> _postings = new(StringComparer.Ordinal);
    readonly List<int> _lengths = [];
    long _totalLength;
    int _length; // the number of terms in the current document

    /// <summary>Adds a document.</summary>
    public void Add(IEnumerable<string> terms)
    {
        foreach (var term in terms)
        {
            Count(term);
        }

        CloseDocument();
    }

    /// <summary>Adds a document whose terms are the n-grams of the words.</summary>
    public void AddGrams(IEnumerable<string> words)
    {
        foreach (var word in words)
        {
            for (var i = 0; i + TextWords.GramLength <= word.Length; i++)
            {
                Count(word.AsSpan(i, TextWords.GramLength));
            }
        }

        CloseDocument();
    }

    /// <summary>Adds the weighted BM25 score of the terms to each document's score.</summary>
    /// <param name="terms">The terms, each with the number of examples that contain it.</param>
    public void Score(Dictionary<string, int> terms, double weight, double[] scores)
    {
        var averageLength = (double)_totalLength / _lengths.Count;
        foreach (var (term, examples) in terms)
        {
            if (!_postings.TryGetValue(term, out var postings))
            {
                continue;
            }

            var termWeight = weight * examples * InverseFrequency(postings.Count);
            foreach (var (document, count) in postings)
            {
                scores[document] += termWeight * Gain(count, _lengths[document], averageLength);
            }
        }
    }

    /// <summary>BM25 of a term that a document contains this many times, without the term's weight.</summary>
    public static double Gain(double count, int length, double averageLength) =>
        count > 0 ? count * (K1 + 1) / (count + (K1 * (1 - B + (B * length / averageLength)))) : 0;

    public static Dictionary<string, int> Counted(IEnumerable<string> terms)
    {
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var term in terms)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(counts, term, out _)++;
        }

        return counts;
    }

    void Count(ReadOnlySpan<char> term)
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

    void CloseDocument()
    {
        _lengths.Add(_length);
        _totalLength += _length;
        _length = 0;
    }

    /// <summary>Positive even for a term that every document contains, as in Lucene, so that no match lowers a score.</summary>
    double InverseFrequency(int holders) => Math.Log(1 + ((_lengths.Count - holders + 0.5) / (holders + 0.5)));
}
