namespace LoraHub.Core.Optimization;

/// <summary>Candidates tried together, each at w = 1, on a part of the examples.</summary>
/// <param name="Groups">Places in the list of candidates.</param>
/// <param name="Part">Counted from 0.</param>
public sealed record Screen(IReadOnlyList<int[]> Groups, int Part);

/// <summary>What a screening kept.</summary>
/// <param name="Kept">Places in the list of candidates, the best first.</param>
/// <param name="Evaluations">What it cost, in evaluations of all examples, rounded up.</param>
public sealed record Screened(IReadOnlyList<int> Kept, int Evaluations);

/// <summary>
/// Finds the few of many modules that help the examples most when each is tried alone: successive halving (Jamieson and Talwalkar, arXiv 1502.07943) over
/// parts of the examples, so that what is clearly useless is dropped after one of them. Of a pool too large for that, those that are not among the first are
/// tried in groups before they are tried alone. Nothing is random.
/// </summary>
public sealed class Screening
{
    /// <summary>So many parts are made of the examples at most.</summary>
    public const int MostParts = 5;

    /// <summary>What trying groups may cost, and trying what they leave alone on one part, as shares of the budget.</summary>
    const double GroupShare = 1.0 / 2, SingleShare = 1.0 / 7;

    /// <summary>What all of it may cost, likewise; the search needs the rest.</summary>
    const double MostShare = 3.0 / 4;

    readonly int _keep;
    readonly int _most; // of what is counted by _cost
    readonly int _singles;
    readonly int _mostGroups;
    readonly int _parts;
    readonly Func<Screen, IReadOnlyList<double>> _losses;
    readonly double[] _sums; // of each candidate alone, over the parts it was tried on
    readonly int[] _tried; // so many parts
    int _cost; // in evaluations of one part

    Screening(int candidates, int parts, int budget, int keep, Func<Screen, IReadOnlyList<double>> losses)
    {
        (_keep, _parts, _losses) = (keep, parts, losses);
        _most = (int)(budget * parts * MostShare);
        _singles = Math.Min(Math.Max(keep, (int)(budget * parts * SingleShare)), _most / 2);
        _mostGroups = Math.Max(1, (int)(budget * parts * GroupShare) - _singles);
        (_sums, _tried) = (new double[candidates], new int[candidates]);
    }

    /// <param name="candidates">How many there are; the first in the list are the likeliest.</param>
    /// <param name="parts">Of how many parts, about equal, the examples are.</param>
    /// <param name="budget">Evaluations of all examples that the whole prediction may cost, at least 10; the screening takes up to three quarters of them.</param>
    /// <param name="keep">How many to keep at most.</param>
    /// <param name="losses">The loss of each group on the part; what is no number counts as the worst.</param>
    public static Screened Run(int candidates, int parts, int budget, int keep, Func<Screen, IReadOnlyList<double>> losses) =>
        new Screening(candidates, parts, budget, keep, losses).Run();

    Screened Run()
    {
        IReadOnlyList<int> left = [.. Enumerable.Range(0, _sums.Length)];
        if (left.Count > _singles + _mostGroups)
        {
            left = TryGroups(left);
        }

        var isGrouped = _cost > 0; // then some of those left were not tried alone yet
        for (var part = 0; part < _parts && (left.Count > _keep || (isGrouped && part == 0)); part++)
        {
            TryAlone([.. left.Where(candidate => _tried[candidate] <= part)], part);
            left = [.. left.OrderBy(candidate => _sums[candidate]).Take(Math.Max(_keep, Math.Min((left.Count + 1) / 2, _most - _cost)))];
        }

        return new Screened([.. left.Take(_keep)], (_cost + _parts - 1) / _parts);
    }

    void TryAlone(int[] candidates, int part)
    {
        foreach (var (candidate, loss) in candidates.Zip(Losses([.. candidates.Select(candidate => new[] { candidate })], part)))
        {
            _sums[candidate] += loss;
            _tried[candidate]++;
        }
    }

    /// <summary>The first ones alone and the others in groups, all on the first part.</summary>
    /// <returns>The members of the best of both, about as many as may be tried alone next; never more than can still be paid for.</returns>
    IReadOnlyList<int> TryGroups(IReadOnlyList<int> all)
    {
        var first = all.Take(_singles).ToArray();
        TryAlone(first, part: 0);
        var others = all.Skip(_singles).ToArray();
        var groups = others.Chunk((others.Length + _mostGroups - 1) / _mostGroups).ToArray();
        var ranked = groups.Zip(Losses(groups, part: 0)).Concat(first.Select(candidate => (new[] { candidate }, _sums[candidate]))).OrderBy(pair => pair.Item2);
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
        return groups.Length == 0 ? [] : [.. _losses(new Screen(groups, part)).Select(loss => Evaluation.IsUsable(loss) ? loss : Evaluation.WorstValue)];
    }
}
