using LoraHub.Formats.ModelConfig;

using static TorchSharp.torch;

namespace LoraHub.Inference.Generation;

/// <summary>
/// Beam search as in transformers 4.31 with length_penalty 1 and early_stopping False: beam_search, BeamSearchScorer and BeamHypotheses there.
/// Of candidates with the same score, the one of the earlier row and then the one with the lower id comes first.
/// </summary>
sealed class BeamDecoding : Decoding
{
    // All rows hold the same at first: only the first one's candidates may win.
    const float NotYet = -1e9f;

    readonly GenerationConfig _generation;
    readonly BeamHypotheses _ended;
    readonly int _maxLength;
    Beam[] _beams;
    BeamToken _settled;

    /// <param name="beams">At least 2.</param>
    /// <param name="maxNewTokens">At least 1.</param>
    public BeamDecoding(GenerationConfig generation, int beams, int maxNewTokens)
    {
        (_generation, _ended, _maxLength) = (generation, new BeamHypotheses(beams), maxNewTokens + 1);
        _settled = new BeamToken(generation.StartTokenId, previous: null, length: 1);
        _beams = [.. Enumerable.Range(0, beams).Select(row => new Beam(row, _settled, row == 0 ? 0 : NotYet))];
    }

    public override int Rows => _beams.Length;

    public override DecodingStep Next(Tensor logits)
    {
        var candidates = Candidates(logits);
        var next = new List<Beam>(Rows);
        for (var rank = 0; next.Count < Rows; rank++)
        {
            var (score, row, token) = candidates[rank];
            if (!_generation.EndTokenIds.Contains(token))
            {
                next.Add(new Beam(row, _beams[row].Last.Append(token), score));
            }
            else if (rank < Rows)
            {
                _ended.Add(_beams[row].Last, score);
            }
        }

        _beams = [.. next];
        var length = _beams[0].Last.Length;
        var isDone = _ended.IsDone(candidates[0].Score, length);
        return isDone || length == _maxLength ? End(isDone) : Continue();
    }

    // What no beam and no ended answer contradicts is settled. Of the ended ones only the best can still win.
    DecodingStep Continue()
    {
        var common = _beams.Select(beam => beam.Last).Aggregate(BeamToken.Common);
        common = _ended.Best is { } best ? BeamToken.Common(common, best) : common;
        int[] settled = [.. common.After(_settled)];
        _settled = common;
        return new([.. _beams.Select(beam => beam.Last.Token)], [.. _beams.Select(beam => beam.Parent)], settled, IsEnded: false);
    }

    DecodingStep End(bool isDone)
    {
        foreach (var beam in isDone ? [] : _beams)
        {
            _ended.Add(beam.Last, beam.LogProbability);
        }

        var best = _ended.Best!;
        int[] end = best.Length < _maxLength ? [_generation.EndTokenIds[0]] : [];
        int[] settled = [.. best.After(_settled), .. end];
        return new([.. _beams.Select(beam => beam.Last.Token)], [.. _beams.Select(beam => beam.Parent)], settled, IsEnded: true);
    }

    /// <summary>The best continuations of all beams, the best first; enough that one a beam remains without the end tokens.</summary>
    (float Score, int Row, int Token)[] Candidates(Tensor logits)
    {
        using var scope = NewDisposeScope();
        var logProbabilities = logits.log_softmax(-1).cpu().data<float>().ToArray();
        var vocabulary = logProbabilities.Length / Rows;
        var best = new (float Score, int Row, int Token)[Math.Min(Math.Max(2, 1 + _generation.EndTokenIds.Count) * Rows, logProbabilities.Length)];
        var count = 0;
        for (var index = 0; index < logProbabilities.Length; index++)
        {
            var row = index / vocabulary;
            var score = logProbabilities[index] + _beams[row].LogProbability;
            if (count == best.Length && !(score > best[^1].Score))
            {
                continue;
            }

            count = Math.Min(count + 1, best.Length);
            var place = count - 1;
            for (; place > 0 && best[place - 1].Score < score; place--)
            {
                best[place] = best[place - 1];
            }

            best[place] = (score, row, index % vocabulary);
        }

        return best;
    }

    /// <param name="Parent">The row that it continues.</param>
    /// <param name="LogProbability">The sum over its tokens.</param>
    readonly record struct Beam(int Parent, BeamToken Last, float LogProbability);
}
