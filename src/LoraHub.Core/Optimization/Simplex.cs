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

    readonly int _size;
    readonly double[][] _edges;
    readonly double[][] _inverse;
    readonly double[] _heights;
    readonly double[] _lengths;

    public Simplex(double[] pole, double radius)
    {
        _size = pole.Length;
        Pole = [.. pole];
        Radius = radius;
        Values = new double[_size];
        (_heights, _lengths) = (new double[_size], new double[_size]);
        _edges = Diagonal(radius);
        _inverse = Diagonal(1 / radius);
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
            _edges[k][j] = -Radius;
            var sum = 0.0;
            for (var i = k; i <= j; i++)
            {
                sum -= _inverse[i][k];
            }

            _inverse[j][k] = sum;
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
        double[] move = [.. _edges[best]];
        Array.Clear(_edges[best]);
        Vector.Add(Pole, 1, move);
        foreach (var edge in _edges)
        {
            Vector.Add(edge, -1, move);
        }

        var opposite = new double[_size];
        foreach (var row in _inverse)
        {
            Vector.Add(opposite, -1, row);
        }

        _inverse[best] = opposite;
    }

    /// <summary>How far the kept inverse has drifted from the true one; NaN when it is lost altogether.</summary>
    public double InverseError()
    {
        var error = 0.0;
        for (var i = 0; i < _size; i++)
        {
            for (var j = 0; j < _size; j++)
            {
                error = Math.Max(error, Math.Abs(Vector.Dot(_inverse[i], _edges[j], i == j ? -1 : 0)));
            }
        }

        return error;
    }

    /// <summary>Measures every vertex's height over the face opposite to it and its distance from the pole.</summary>
    public void Measure()
    {
        IsAcceptable = true;
        for (var j = 0; j < _size; j++)
        {
            _heights[j] = 1 / Vector.Norm(_inverse[j]);
            _lengths[j] = Vector.Norm(_edges[j]);
            if (_heights[j] < SmallestHeight * Radius || _lengths[j] > LongestEdge * Radius)
            {
                IsAcceptable = false;
            }
        }
    }

    /// <summary>The linear model's direction of descent: minus its gradient.</summary>
    public double[] Descent()
    {
        var descent = new double[_size];
        for (var j = 0; j < _size; j++)
        {
            Vector.Add(descent, PoleValue - Values[j], _inverse[j]);
        }

        return descent;
    }

    /// <summary>The vertex that spoils the simplex most, and the step from the pole, square to the others' face, that takes its place.</summary>
    public (int Vertex, double[] Step) GeometryStep(double[] descent)
    {
        var vertex = Array.IndexOf(_lengths, _lengths.Max());
        if (!(_lengths[vertex] > LongestEdge * Radius))
        {
            vertex = Array.IndexOf(_heights, _heights.Min());
        }

        var step = Vector.Scale(GeometryStepLength * Radius * _heights[vertex], _inverse[vertex]);
        return (vertex, Vector.Dot(descent, step) < 0 ? Vector.Scale(-1, step) : step);
    }

    /// <summary>The vertex that an evaluated step replaces, if it replaces any.</summary>
    public int? VertexToReplace(double[] step, bool improved)
    {
        int? vertex = null;
        var volumes = Array.ConvertAll(_inverse, row => Math.Abs(Vector.Dot(row, step)));
        var largest = improved ? 0.0 : 1.0;
        for (var j = 0; j < _size; j++)
        {
            (vertex, largest) = volumes[j] > largest ? (j, volumes[j]) : (vertex, largest);
        }

        // A far vertex goes first, if the simplex keeps its height without it.
        var longest = LongEdge * Radius;
        for (var j = 0; j < _size; j++)
        {
            var height = volumes[j] * _heights[j];
            if (height >= SmallestHeight * Radius || height >= _heights[j])
            {
                var length = improved ? Vector.Distance(step, _edges[j]) : _lengths[j];
                (vertex, longest) = length > longest ? (j, length) : (vertex, longest);
            }
        }

        return vertex;
    }

    /// <summary>Moves vertex j to pole + step, and brings the inverse up to date.</summary>
    public void Replace(int j, double[] step)
    {
        _edges[j] = step;
        var volume = Vector.Dot(_inverse[j], step);
        _inverse[j] = Array.ConvertAll(_inverse[j], x => x / volume);
        for (var k = 0; k < _size; k++)
        {
            if (k != j)
            {
                Vector.Add(_inverse[k], -Vector.Dot(_inverse[k], step), _inverse[j]);
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
        var rows = new double[_size][];
        for (var i = 0; i < _size; i++)
        {
            rows[i] = new double[_size];
            rows[i][i] = value;
        }

        return rows;
    }
}
