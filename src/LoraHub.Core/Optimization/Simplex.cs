namespace LoraHub.Core.Optimization;

/// <summary>
/// COBYLA's simplex: the pole (its best vertex), the other vertices as differences from the pole, and the inverse of the matrix of those
/// differences, whose rows are the gradients of the linear functions that are 1 at one vertex and 0 at the others.
/// </summary>
sealed class Simplex
{
    // Powell's alpha, beta, gamma and delta.
    const double SmallestHeight = 0.25;
    const double LongestEdge = 2.1;
    const double GeometryStepLength = 0.5;
    const double LongEdge = 1.1;

    readonly int size;
    readonly double[][] edges;
    readonly double[][] inverse;
    readonly double[] heights;
    readonly double[] lengths;

    public Simplex(double[] pole, double radius)
    {
        size = pole.Length;
        Pole = [.. pole];
        Radius = radius;
        Values = new double[size];
        (heights, lengths) = (new double[size], new double[size]);
        edges = Diagonal(radius);
        inverse = Diagonal(1 / radius);
    }

    public double[] Pole { get; }

    public double PoleValue { get; set; }

    /// <summary>The objective at the vertices other than the pole.</summary>
    public double[] Values { get; }

    /// <summary>Powell's ρ: the length of a step.</summary>
    public double Radius { get; private set; }

    /// <summary>Whether no vertex is too near the face of the others or too far from the pole, when last measured.</summary>
    public bool IsAcceptable { get; private set; }

    public double[] PolePlus(double[] displacement)
    {
        double[] point = [.. Pole];
        Vector.Add(point, 1, displacement);
        return point;
    }

    /// <summary>The j-th point of the first simplex: one radius further along axis j, from the best point so far.</summary>
    public double[] Probe(int j)
    {
        double[] point = [.. Pole];
        point[j] += Radius;
        return point;
    }

    /// <summary>Makes the probed point vertex j, or the pole when it is better; then what was the pole becomes vertex j.</summary>
    public void SetProbed(int j, double value)
    {
        if (PoleValue <= value)
        {
            Values[j] = value;
            return;
        }

        (Values[j], PoleValue) = (PoleValue, value);
        Pole[j] += Radius;
        for (var k = 0; k <= j; k++)
        {
            edges[k][j] = -Radius;
            var sum = 0.0;
            for (var i = k; i <= j; i++)
            {
                sum -= inverse[i][k];
            }

            inverse[j][k] = sum;
        }
    }

    public void MovePoleToBest()
    {
        var best = Array.IndexOf(Values, Values.Min());
        if (!(Values[best] < PoleValue))
        {
            return;
        }

        (Values[best], PoleValue) = (PoleValue, Values[best]);
        double[] move = [.. edges[best]];
        Array.Clear(edges[best]);
        Vector.Add(Pole, 1, move);
        foreach (var edge in edges)
        {
            Vector.Add(edge, -1, move);
        }

        var opposite = new double[size];
        foreach (var row in inverse)
        {
            Vector.Add(opposite, -1, row);
        }

        inverse[best] = opposite;
    }

    /// <summary>How far the kept inverse has drifted from the true one; NaN when it is lost altogether.</summary>
    public double InverseError()
    {
        var error = 0.0;
        for (var i = 0; i < size; i++)
        {
            for (var j = 0; j < size; j++)
            {
                error = Math.Max(error, Math.Abs(Vector.Dot(inverse[i], edges[j], i == j ? -1 : 0)));
            }
        }

        return error;
    }

    /// <summary>Measures every vertex's height over the face opposite to it and its distance from the pole.</summary>
    public void Measure()
    {
        IsAcceptable = true;
        for (var j = 0; j < size; j++)
        {
            heights[j] = 1 / Vector.Norm(inverse[j]);
            lengths[j] = Vector.Norm(edges[j]);
            if (heights[j] < SmallestHeight * Radius || lengths[j] > LongestEdge * Radius)
            {
                IsAcceptable = false;
            }
        }
    }

    /// <summary>The linear model's direction of descent: minus its gradient.</summary>
    public double[] Descent()
    {
        var descent = new double[size];
        for (var j = 0; j < size; j++)
        {
            Vector.Add(descent, PoleValue - Values[j], inverse[j]);
        }

        return descent;
    }

    /// <summary>The vertex that spoils the simplex most, and the step from the pole, square to the others' face, that takes its place.</summary>
    public (int Vertex, double[] Step) GeometryStep(double[] descent)
    {
        var vertex = Array.IndexOf(lengths, lengths.Max());
        if (!(lengths[vertex] > LongestEdge * Radius))
        {
            vertex = Array.IndexOf(heights, heights.Min());
        }

        var step = Vector.Scale(GeometryStepLength * Radius * heights[vertex], inverse[vertex]);
        return (vertex, Vector.Dot(descent, step) < 0 ? Vector.Scale(-1, step) : step);
    }

    /// <summary>The vertex that an evaluated step replaces, if it replaces any.</summary>
    public int? VertexToReplace(double[] step, bool improved)
    {
        int? vertex = null;
        var volumes = Array.ConvertAll(inverse, row => Math.Abs(Vector.Dot(row, step)));
        var largest = improved ? 0.0 : 1.0;
        for (var j = 0; j < size; j++)
        {
            (vertex, largest) = volumes[j] > largest ? (j, volumes[j]) : (vertex, largest);
        }

        // A far vertex goes first, if the simplex keeps its height without it.
        var longest = LongEdge * Radius;
        for (var j = 0; j < size; j++)
        {
            var height = volumes[j] * heights[j];
            if (height >= SmallestHeight * Radius || height >= heights[j])
            {
                var length = improved ? Vector.Distance(step, edges[j]) : lengths[j];
                (vertex, longest) = length > longest ? (j, length) : (vertex, longest);
            }
        }

        return vertex;
    }

    /// <summary>Moves vertex j to pole + step, and brings the inverse up to date.</summary>
    public void Replace(int j, double[] step)
    {
        edges[j] = step;
        var volume = Vector.Dot(inverse[j], step);
        inverse[j] = Array.ConvertAll(inverse[j], x => x / volume);
        for (var k = 0; k < size; k++)
        {
            if (k != j)
            {
                Vector.Add(inverse[k], -Vector.Dot(inverse[k], step), inverse[j]);
            }
        }
    }

    /// <summary>Halves the radius.</summary>
    /// <returns>False when it was zero already.</returns>
    public bool Shrink()
    {
        var shrinks = Radius > 0;
        Radius /= 2;
        return shrinks;
    }

    double[][] Diagonal(double value)
    {
        var rows = new double[size][];
        for (var i = 0; i < size; i++)
        {
            rows[i] = new double[size];
            rows[i][i] = value;
        }

        return rows;
    }
}
