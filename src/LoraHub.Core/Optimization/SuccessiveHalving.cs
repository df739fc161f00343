namespace LoraHub.Core.Optimization;

/// <summary>Groups of candidates to evaluate on one part of the examples; each member has w = 1.</summary>
/// <param name="Groups">Each group holds indexes into the list of candidates.</param>
/// <param name="Part">Counted from 0.</param>
public sealed record Trial(IReadOnlyList<int[]> Groups, int Part);

/// <summary>The candidates that successive halving kept, and what it cost.</summary>
/// <param name="Kept">Indexes into the list of candidates, best first.</param>
/// <param name="Evaluations">Cost in evaluations of all examples, rounded up.</param>
public sealed record HalvingResult(IReadOnlyList<int> Kept, int Evaluations);

/// <summary>
/// Finds the few modules that help the examples most when each is evaluated alone: successive halving (Jamieson and Talwalkar, arXiv 1502.07943) over
/// parts of
/// the examples, so that useless modules are dropped after one part. In a pool too large for that, all but the first modules are evaluated in groups
/// first.
/// Deterministic.
/// </summary>
public sealed class SuccessiveHalving
{
    /// <summary>The examples are split into at most this many parts.</summary>
    public const int MostParts = 5;

    /// <summary>Shares of the budget: for evaluating groups, and for evaluating the remaining modules alone on one part.</summary>
    const double GroupShare = 1.0 / 2, SingleShare = 1.0 / 7;

    /// <summary>Share of the budget that successive halving may use in total; the search needs the rest.</summary>
    const double MostShare = 3.0 / 4;

    readonly int _keep;
    readonly int _most; // limit of _cost
    readonly int _singles;
    readonly int _mostGroups;
    readonly int _parts;
    readonly Func<Trial, IReadOnlyList<double>> _losses;
    readonly double[] _sums; // loss of each candidate alone, summed over the parts it was evaluated on
    readonly int[] _tried; // number of those parts
    int _cost; // in evaluations of one part

    SuccessiveHalving(int candidates, int parts, int budget, int keep, Func<Trial, IReadOnlyList<double>> losses)
    {
        (_keep, _parts, _losses) = (keep, parts, losses);
        _most = (int)(budget * parts * MostShare);
        _singles = Math.Min(Math.Max(keep, (int)(budget * parts * SingleShare)), _most / 2);
        _mostGroups = Math.Max(1, (int)(budget * parts * GroupShare) - _singles);
        (_sums, _tried) = (new double[candidates], new int[candidates]);
    }

    /// <param name="candidates">Number of candidates, the most promising first.</param>
    /// <param name="parts">Number of parts of about equal size.</param>
    /// <param name="budget">Evaluations of all examples for the whole prediction, at least 10; at most three quarters of them are used here.</param>
    /// <param name="keep">The most candidates to keep.</param>
    /// <param name="losses">The loss of each group on the part; NaN counts as the worst.</param>
    public static HalvingResult Run(int candidates, int parts, int budget, int keep, Func<Trial, IReadOnlyList<double>> losses) =>
        new SuccessiveHalving(candidates, parts, budget, keep, losses).Run();

    HalvingResult Run()
    {
        IReadOnlyList<int> left = [.. Enumerable.Range(0, _sums.Length)];
        if (left.Count > _singles + _mostGroups)
        {
            left = TryGroups(left);
        }

        var isGrouped = _cost > 0; // then some of the remaining candidates were not evaluated alone yet
        for (var part = 0; part < _parts && (left.Count > _keep || (isGrouped && part == 0)); part++)
        {
            TryAlone([.. left.Where(candidate => _tried[candidate] <= part)], part);
            left = [.. left.OrderBy(candidate => _sums[candidate]).Take(Math.Max(_keep, Math.Min((left.Count + 1) / 2, _most - _cost)))];
        }

        return new HalvingResult([.. left.Take(_keep)], (_cost + _parts - 1) / _parts);
    }

    void TryAlone(int[] candidates, int part)
    {
        foreach (var (candidate, loss) in candidates.Zip(Losses([.. candidates.Select(candidate => new[] { candidate })], part)))
        {
            _sums[candidate] += loss;
            _tried[candidate]++;
        }
    }

    /// <summary>Evaluates the first candidates alone and the others in groups, all on the first part.</summary>
    /// <returns>The members of the best of both: about as many as can be evaluated alone next, never more than the budget allows.</returns>
    IReadOnlyList<int> TryGroups(IReadOnlyList<int> all)
    {
        var first = all.Take(_singles).ToArray();
        TryAlone(first, part: 0);
        var others = all.Skip(_singles).ToArray();
        var groups = others.Chunk((others.Length + _mostGroups - 1) / _mostGroups).ToArray();
        var ranked = groups.Zip(Losses(groups, part: 0))
            .Concat(first.Select(candidate => (new[] { candidate }, _sums[candidate])))
            .OrderBy(pair => pair.Item2);
        var best = new List<int>();
        foreach (var (group, _) in ranked.TakeWhile(_ => best.Count < _singles))
        {
            best.AddRange(group);
        }

        var unpaid = best.Where(candidate => _tried[candidate] == 0).Skip(_most - _cost);
        return [.. best.Except(unpaid).Order()];
    }

    IReadOnlyList<double> Losses(int[][] groups, int part)
    {
        _cost += groups.Length;
        return groups.Length == 0
            ? []
            : [.. _losses(new Trial(groups, part)).Select(loss => Evaluation.IsUsable(loss) ? loss : Evaluation.WorstValue)];
    }
}
