namespace LoraHub.Core.Optimization;

/// <summary>
/// One start of COBYLA without constraints: linear interpolation over a simplex, in a trust region whose radius only shrinks.
/// M. J. D. Powell, "A direct search optimization method that models the objective and constraint functions by linear interpolation", 1994.
/// </summary>
/// <remarks>
/// The order of the operations is that of SciPy 1.11's, so that the points agree bit for bit. Radius 1 at the start, 0 at the end: in
/// practice it goes on until nobody asks for the next point.
/// </remarks>
sealed class CobylaRun(double[] start)
{
    const double LargestInverseError = 0.1;
    const double GoodEnough = 0.1;

    readonly Simplex simplex = new(start, radius: 1);

    /// <summary>The objective at the point last taken from <see cref="Points"/>; to be set before the next is taken.</summary>
    public double Told { get; set; }

    /// <summary>The best vertex. It does not include an improvement found by the very last evaluation.</summary>
    public double[] Pole => simplex.Pole;

    /// <summary>The trust region's, in first steps; it only shrinks.</summary>
    public double Radius => simplex.Radius;

    /// <summary>The objective at <see cref="Pole"/>.</summary>
    public double Value => simplex.PoleValue;

    /// <summary>The points to evaluate; ends when rounding errors have made the simplex useless or the radius is zero.</summary>
    public IEnumerable<double[]> Points()
    {
        foreach (var point in FirstSimplex())
        {
            yield return point;
        }

        var stepAllowed = true;
        for (simplex.MovePoleToBest(); simplex.InverseError() <= LargestInverseError; simplex.MovePoleToBest())
        {
            simplex.Measure();
            var descent = simplex.Descent();
            if (!stepAllowed && !simplex.IsAcceptable)
            {
                var (worst, displacement) = simplex.GeometryStep(descent);
                simplex.Replace(worst, displacement);
                yield return simplex.PolePlus(displacement);
                simplex.Values[worst] = Told;
                stepAllowed = true;
                continue;
            }

            stepAllowed = true;
            if (TrustRegion.Step(descent, simplex.Radius) is { } step)
            {
                if (Array.Exists(step, double.IsNaN))
                {
                    yield break;
                }

                yield return simplex.PolePlus(step);
                if (Include(step, descent))
                {
                    continue;
                }
            }

            if (!simplex.IsAcceptable)
            {
                stepAllowed = false;
            }
            else if (!simplex.Shrink())
            {
                yield break;
            }
        }
    }

    IEnumerable<double[]> FirstSimplex()
    {
        yield return [.. start];
        simplex.PoleValue = Told;
        for (var j = 0; j < start.Length; j++)
        {
            yield return simplex.Probe(j);
            simplex.SetProbed(j, Told);
        }
    }

    /// <summary>Puts the evaluated step into the simplex where it helps.</summary>
    /// <returns>Whether it improved so much that the radius may stay.</returns>
    bool Include(double[] step, double[] descent)
    {
        var improvement = simplex.PoleValue - Told;
        if (simplex.VertexToReplace(step, improved: improvement > 0) is not { } vertex)
        {
            return false;
        }

        simplex.Replace(vertex, step);
        simplex.Values[vertex] = Told;
        return improvement > 0 && improvement >= GoodEnough * Vector.Dot(descent, step);
    }
}
