using System.Runtime.InteropServices;
using System.Text;

namespace LoraHub.Inference.Tokenization;

/// <summary>Splits a word into the pieces with the highest sum of scores.</summary>
/// <remarks>
/// Equal to <c>encode_optimized</c> of tokenizers 0.13.3, models/unigram/model.rs, including ties: scores are summed in double from the
/// start of the word, starts are tried from left to right, and a later start must be strictly better.
/// </remarks>
sealed class Unigram
{
    const double UnknownPenalty = 10;
    const int LongestWordOnStack = 128;

    readonly PieceTrie _trie = new();
    readonly double[] _scores;
    readonly int _unknownId;
    readonly double _unknownScore;

    public Unigram(IReadOnlyList<Piece> pieces)
    {
        _scores = [.. pieces.Select(piece => piece.Score)];
        _unknownScore = _scores.Min() - UnknownPenalty;

        for (var id = 0; id < pieces.Count; id++)
        {
            _trie.Add(pieces[id].Text, id);
            if (pieces[id].Type == PieceType.Unknown)
            {
                _unknownId = id;
            }
        }
    }

    /// <summary>Adds the ids of a word. Consecutive unknown characters are one unknown piece.</summary>
    /// <param name="ends">Receives the end of each id's piece in the word.</param>
    public void Encode(ReadOnlySpan<char> word, List<int> ids, List<int>? ends = null)
    {
        var best = word.Length < LongestWordOnStack ? stackalloc Arrival[word.Length + 1] : new Arrival[word.Length + 1];
        best.Fill(new Arrival(double.NegativeInfinity, 0, 0));
        best[0] = default;

        for (int start = 0, width; start < word.Length; start += width)
        {
            _ = Rune.DecodeFromUtf16(word[start..], out _, out width);
            if (!OfferPieces(word, start, width, best))
            {
                Offer(ref best[start + width], new Arrival(best[start].Score + _unknownScore, start, _unknownId));
            }
        }

        AddPath(best, ids, ends);
    }

    /// <returns>Whether one of the pieces is exactly the first character.</returns>
    bool OfferPieces(ReadOnlySpan<char> word, int start, int width, Span<Arrival> best)
    {
        var hasSingle = false;
        var node = PieceTrie.Root;

        for (var end = start; end < word.Length && _trie.TryStep(ref node, word[end]);)
        {
            end++;
            if (_trie.IdAt(node) is >= 0 and var id)
            {
                Offer(ref best[end], new Arrival(best[start].Score + _scores[id], start, id));
                hasSingle |= end == start + width;
            }
        }

        return hasSingle;
    }

    void AddPath(ReadOnlySpan<Arrival> best, List<int> ids, List<int>? ends)
    {
        var first = ids.Count;
        for (var end = best.Length - 1; end > 0; end = best[end].Start)
        {
            var id = best[end].Id;
            if (id != _unknownId || ids.Count == first || ids[^1] != _unknownId)
            {
                ids.Add(id);
                ends?.Add(end);
            }
        }

        ids.Reverse(first, ids.Count - first);
        ends?.Reverse();
    }

    static void Offer(ref Arrival best, Arrival candidate)
    {
        if (candidate.Score > best.Score)
        {
            best = candidate;
        }
    }

    /// <summary>The best path to a position: its score, and the start and id of its last piece.</summary>
    [StructLayout(LayoutKind.Auto)]
    readonly record struct Arrival(double Score, int Start, int Id);
}
