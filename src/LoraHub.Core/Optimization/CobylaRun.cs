namespace LoraHub.Core.Optimization;

/// <summary>
/// One run of COBYLA without constraints: linear interpolation over a simplex, in a trust region whose radius only shrinks.
/// M. J. D. Powell, "A direct search optimization method that models the objective and constraint functions by linear interpolation", 1994.
/// </summary>
/// <remarks>
/// Operations are in the order of SciPy 1.11, so that points agree bit for bit. The radius goes from 1 to 0: in practice a run continues
/// until no further point is requested.
/// </remarks>
sealed class CobylaRun(double[] start)
{
    const double LargestInverseError = 0.1;
    const double GoodEnough = 0.1;

    readonly Simplex _simplex = new(start, radius: 1);

    /// <summary>The objective at the point last taken from <see cref="Points"/>; to be set before the next is taken.</summary>
    public double Told { get; set; }

    /// <summary>The best vertex. It does not include an improvement found by the very last evaluation.</summary>
    public double[] Pole => _simplex.Pole;

    /// <summary>The trust region's, in first steps; it only shrinks.</summary>
    public double Radius => _simplex.Radius;

    /// <summary>The objective at <see cref="Pole"/>.</summary>
    public double Value => _simplex.PoleValue;

    /// <summary>The points to evaluate; ends when rounding errors have made the simplex useless or the radius is zero.</summary>
    public IEnumerable<double[]> Points()
    {
        foreach (var point in FirstSimplex())
        {
            yield return point;
        }

        var stepAllowed = true;
        for (_simplex.MovePoleToBest(); _simplex.InverseError() <= LargestInverseError; _simplex.MovePoleToBest())
        {
            _simplex.Measure();
            var descent = _simplex.Descent();
            if (!stepAllowed && !_simplex.IsAcceptable)
            {
                var (worst, displacement) = _simplex.GeometryStep(descent);
                _simplex.Replace(worst, displacement);
                yield return _simplex.PolePlus(displacement);
                _simplex.Values[worst] = Told;
                stepAllowed = true;
                continue;
            }

            stepAllowed = true;
            if (TrustRegion.Step(descent, _simplex.Radius) is { } step)
            {
                if (Array.Exists(step, double.IsNaN))
                {
                    yield break;
                }

                yield return _simplex.PolePlus(step);
                if (Include(step, descent))
                {
                    continue;
                }
            }

            if (!_simplex.IsAcceptable)
            {
                stepAllowed = false;
            }
            else if (!_simplex.Shrink())
            {
                yield break;
            }
        }
    }

    IEnumerable<double[]> FirstSimplex()
    {
        yield return [.. start];
        _simplex.PoleValue = Told;
        for (var j = 0; j < start.Length; j++)
        {
            yield return _simplex.Probe(j);
            _simplex.SetProbed(j, Told);
        }
    }

    /// <summary>Puts the evaluated step into the simplex where it helps.</summary>
    /// <returns>Whether it improved so much that the radius may stay.</returns>
    bool Include(double[] step, double[] descent)
    {
        var improvement = _simplex.PoleValue - Told;
        if (_simplex.VertexToReplace(step, improved: improvement > 0) is not { } vertex)
        {
            return false;
        }

        _simplex.Replace(vertex, step);
        _simplex.Values[vertex] = Told;
        return improvement > 0 && improvement >= GoodEnough * Vector.Dot(descent, step);
    }
}
