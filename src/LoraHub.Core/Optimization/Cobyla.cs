namespace LoraHub.Core.Optimization;

/// <summary>
/// COBYLA the way nevergrad 0.11's NGOpt drives SciPy's: it starts at w = 0 with steps of a third of the bound, bounces points that leave
/// the box back into it without COBYLA knowing, and starts again from the best result when COBYLA ends before the budget. Nothing is random.
/// </summary>
sealed class Cobyla : IOptimizer
{
    readonly OptimizerSettings settings;
    readonly double sigma;
    readonly IEnumerator<double[]> points;
    readonly BestRecord record = new();
    double[]? asked;
    double told;

    public Cobyla(OptimizerSettings settings)
    {
        this.settings = settings;
        sigma = 2 * settings.Bound / 6;
        points = Points().GetEnumerator();
    }

    public double[]? Ask()
    {
        if (asked is not null)
        {
            throw new InvalidOperationException("The point asked for last has not been told yet.");
        }

        if (record.Count == settings.Budget)
        {
            return null;
        }

        points.MoveNext();
        asked = Bounce(points.Current);
        return [.. asked];
    }

    public void Tell(double value)
    {
        told = Evaluation.IsUsable(value) ? value : Evaluation.WorstValue;
        record.Add(asked ?? throw new InvalidOperationException("No point has been asked for."), told);
        asked = null;
    }

    public Recommendation Recommend() => record.Best with { Weights = [.. record.Best.Weights] };

    /// <summary>COBYLA's points in units of sigma, one start after the other, without end.</summary>
    IEnumerable<double[]> Points()
    {
        var (start, best) = (new double[settings.Dimension], double.PositiveInfinity);
        while (true)
        {
            var run = new CobylaRun(start);
            var calls = settings.Budget - record.Count;
            double[]? previous = null;
            foreach (var point in run.Points())
            {
                if (calls-- == 0)
                {
                    break;
                }

                // As in SciPy, a point equal to the one before counts as a call but is not evaluated again.
                if (!point.AsSpan().SequenceEqual(previous))
                {
                    yield return point;
                    previous = point;
                }

                run.Told = told;
            }

            (start, best) = run.Value < best ? (run.Pole, run.Value) : (start, best);
        }
    }

    double[] Bounce(double[] point)
    {
        var weights = Array.ConvertAll(point, x => sigma * x);
        return Array.TrueForAll(weights, w => Math.Abs(w) <= settings.Bound)
            ? weights
            : Array.ConvertAll(weights, w => Clip((2 * Clip(w)) - w));
    }

    double Clip(double weight) => Math.Clamp(weight, -settings.Bound, settings.Bound);
}
