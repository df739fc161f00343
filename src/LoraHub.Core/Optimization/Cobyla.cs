namespace LoraHub.Core.Optimization;

/// <summary>
/// COBYLA as nevergrad 0.11's NGOpt runs SciPy's: starts at w = 0 with steps of a third of the bound, reflects points outside the box back
/// into it (COBYLA does not see that), and restarts from the best result when COBYLA ends before the budget. Deterministic.
/// </summary>
sealed class Cobyla : IOptimizer
{
    readonly OptimizerSettings _settings;
    readonly double _sigma;
    readonly IEnumerator<double[]> _points;
    readonly BestRecord _record = new();
    double[]? _asked;
    double _told;

    public Cobyla(OptimizerSettings settings)
    {
        _settings = settings;
        _sigma = 2 * _settings.Bound / 6;
        _points = Points().GetEnumerator();
    }

    public double[]? Ask()
    {
        if (_asked is not null)
        {
            throw new InvalidOperationException("The point asked for last has not been told yet.");
        }

        if (_record.Count == _settings.Budget)
        {
            return null;
        }

        _points.MoveNext();
        _asked = Bounce(_points.Current);
        return [.. _asked];
    }

    public void Tell(double value)
    {
        _told = Evaluation.IsUsable(value) ? value : Evaluation.WorstValue;
        _record.Add(_asked ?? throw new InvalidOperationException("No point has been asked for."), _told);
        _asked = null;
    }

    public Recommendation Recommend() => _record.Best with { Weights = [.. _record.Best.Weights] };

    /// <summary>An endless sequence of COBYLA's points in units of sigma, one run after another.</summary>
    IEnumerable<double[]> Points()
    {
        var (start, best) = (new double[_settings.Dimension], double.PositiveInfinity);
        while (true)
        {
            var run = new CobylaRun(start);
            var calls = _settings.Budget - _record.Count;
            double[]? previous = null;
            foreach (var point in run.Points())
            {
                if (calls-- == 0)
                {
                    break;
                }

                // As in SciPy, a point equal to the previous one counts as a call but is not evaluated again.
                if (!point.AsSpan().SequenceEqual(previous))
                {
                    yield return point;
                    previous = point;
                }

                run.Told = _told;
            }

            (start, best) = run.Value < best ? (run.Pole, run.Value) : (start, best);
        }
    }

    double[] Bounce(double[] point)
    {
        var weights = Array.ConvertAll(point, x => _sigma * x);
        return Array.TrueForAll(weights, w => Math.Abs(w) <= _settings.Bound)
            ? weights
            : Array.ConvertAll(weights, w => Clip((2 * Clip(w)) - w));
    }

    double Clip(double weight) => Math.Clamp(weight, -_settings.Bound, _settings.Bound);
}
