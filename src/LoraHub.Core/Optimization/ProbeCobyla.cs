namespace LoraHub.Core.Optimization;

/// <summary>
/// Evaluates every module alone at w = 1, then refines the best few with COBYLA from the best point so far. Ends before the budget when COBYLA's
/// steps are too
/// small to change anything. Deterministic.
/// </summary>
/// <param name="refined">Number of modules to refine; the weights of the others stay.</param>
/// <param name="step">COBYLA's first step for a bound of 1.5; scales with the bound.</param>
sealed class ProbeCobyla(OptimizerSettings settings, int refined, double step) : IOptimizer
{
    const double UsualBound = 1.5, SmallestRadius = 1.0 / 64; // in units of the first step

    readonly double _unit = settings.Bound / UsualBound;
    readonly BestRecord _record = new();
    readonly List<double> _alone = []; // the objective's value for each module alone
    IEnumerator<double[]>? _points;
    double[]? _asked;
    double _told;

    public IReadOnlyList<double[]> Ahead => [.. Probes().Take(settings.Budget).Skip(_record.Count + (_asked is null ? 0 : 1))];

    public double[]? Ask()
    {
        if (_asked is not null)
        {
            throw new InvalidOperationException("The point asked for last has not been told yet.");
        }

        _points ??= Points().GetEnumerator();
        _asked = _record.Count < settings.Budget && _points.MoveNext() ? _points.Current : null;
        return _asked is null ? null : [.. _asked];
    }

    public void Tell(double value)
    {
        _told = Evaluation.IsUsable(value) ? value : Evaluation.WorstValue;
        _record.Add(_asked ?? throw new InvalidOperationException("No point has been asked for."), _told);
        _asked = null;
    }

    public Recommendation Recommend() => _record.Best with { Weights = [.. _record.Best.Weights] };

    /// <summary>w = 0, then each module alone.</summary>
    IEnumerable<double[]> Probes() => Enumerable.Range(-1, settings.Dimension + 1).Select(module =>
    {
        var weights = new double[settings.Dimension];
        if (module >= 0)
        {
            weights[module] = _unit;
        }

        return weights;
    });

    IEnumerable<double[]> Points()
    {
        foreach (var probe in Probes())
        {
            yield return probe;
            _alone.Add(_told);
        }

        _alone.RemoveAt(0);
        var modules = _alone.Index().OrderBy(module => module.Item).Take(refined).Select(module => module.Index).ToArray();
        var (start, value) = (_record.Best.Weights, _record.Best.Value);
        var run = new CobylaRun(new double[modules.Length]);
        foreach (var point in run.Points())
        {
            if (run.Radius < SmallestRadius)
            {
                yield break;
            }

            var weights = Moved(start, modules, point);
            if (weights.AsSpan().SequenceEqual(start))
            {
                run.Told = value;
                continue;
            }

            yield return weights;
            run.Told = _told;
        }
    }

    double[] Moved(double[] start, int[] modules, double[] point)
    {
        var weights = start.ToArray();
        for (var i = 0; i < modules.Length; i++)
        {
            weights[modules[i]] = Math.Clamp(weights[modules[i]] + (step * _unit * point[i]), -settings.Bound, settings.Bound);
        }

        return weights;
    }
}
