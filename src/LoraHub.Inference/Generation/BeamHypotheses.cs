namespace LoraHub.Inference.Generation;

/// <summary>The last token of a partial answer; those before it are its ancestors. Answers that begin alike share ancestors.</summary>
/// <param name="length">The number of tokens with it and the decoder's start token.</param>
sealed class BeamToken(int token, BeamToken? previous, int length)
{
    public int Token => token;

    public int Length => length;

    BeamToken? Previous => previous;

    public BeamToken Append(int next) => new(next, this, length + 1);

    /// <summary>The tokens after an ancestor.</summary>
    public IEnumerable<int> After(BeamToken ancestor)
    {
        var tokens = new Stack<int>();
        for (var last = this; last != ancestor; last = last.Previous!)
        {
            tokens.Push(last.Token);
        }

        return tokens;
    }

    /// <summary>The last token that both answers share; the start token at least.</summary>
    public static BeamToken Common(BeamToken first, BeamToken second)
    {
        while (first != second)
        {
            (first, second) = first.Length >= second.Length ? (first.Previous!, second) : (first, second.Previous!);
        }

        return first;
    }
}

/// <summary>The best complete answers of a beam search, by log-probability divided by length (length_penalty 1 of transformers 4.31).</summary>
/// <param name="most">The number of beams.</param>
sealed class BeamHypotheses(int most)
{
    readonly List<(double Score, BeamToken Last)> _kept = []; // in the order in which they were added

    /// <summary>The best, of equals the latest; null if there is none.</summary>
    public BeamToken? Best => _kept.AsEnumerable().Reverse().DefaultIfEmpty().MaxBy(kept => kept.Score).Last;

    double Worst => _kept.Min(kept => kept.Score);

    /// <param name="last">Of an ended answer the token before the end token.</param>
    /// <param name="logProbability">The sum over its tokens, with that of the end token.</param>
    public void Add(BeamToken last, float logProbability)
    {
        var score = (double)logProbability / last.Length;
        if (_kept.Count == most && score <= Worst)
        {
            return;
        }

        _kept.Add((score, last));
        if (_kept.Count > most)
        {
            _kept.Remove(_kept.MinBy(kept => kept.Score));
        }
    }

    /// <summary>Whether there are as many as beams and the best partial answer would not surpass the worst of them if it ended now.</summary>
    /// <param name="length">Of the partial answers, with the start token.</param>
    public bool IsDone(float bestLogProbability, int length) => _kept.Count == most && Worst >= (double)bestLogProbability / length;
}
