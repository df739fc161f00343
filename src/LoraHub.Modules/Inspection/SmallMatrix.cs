using System.Numerics.Tensors;

namespace LoraHub.Modules.Inspection;

/// <summary>Linear algebra for r × r matrices, row-major, in double precision.</summary>
static class SmallMatrix
{
    const int MostSweeps = 60; // usually fewer than ten are needed

    const double Tolerance = 1e-15;

    /// <summary>
    /// R of the QR decomposition of the matrix whose r columns are given as rows: modified Gram-Schmidt, whose R is as accurate as Householder's
    /// (Björck, 1967).
    /// </summary>
    /// <param name="rows">(r, n).</param>
    /// <returns>Upper triangular, (r, r).</returns>
    public static double[] Triangle(double[] rows, int rank)
    {
        var length = rows.Length / rank;
        var rest = rows.ToArray();
        var triangle = new double[rank * rank];
        for (var i = 0; i < rank; i++)
        {
            var unit = rest.AsSpan(i * length, length);
            var norm = TensorPrimitives.Norm<double>(unit);
            triangle[(i * rank) + i] = norm;
            if (norm == 0)
            {
                continue; // the row is a linear combination of those before it
            }

            TensorPrimitives.Divide<double>(unit, norm, unit);
            for (var j = i + 1; j < rank; j++)
            {
                var other = rest.AsSpan(j * length, length);
                var share = TensorPrimitives.Dot<double>(unit, other);
                triangle[(i * rank) + j] = share;
                TensorPrimitives.MultiplyAdd<double>(unit, -share, other, other);
            }
        }

        return triangle;
    }

    /// <summary>
    /// The singular values, descending, by one-sided Jacobi (Hestenes, 1958): pairs of rows are rotated until all are orthogonal; the norms of the
    /// rows are the values.
    /// </summary>
    /// <param name="matrix">(r, r); modified.</param>
    public static double[] SingularValues(double[] matrix, int rank)
    {
        for (var sweep = 0; sweep < MostSweeps && Sweep(matrix, rank); sweep++)
        {
        }

        var values = new double[rank];
        for (var i = 0; i < rank; i++)
        {
            values[i] = TensorPrimitives.Norm<double>(matrix.AsSpan(i * rank, rank));
        }

        Array.Sort(values, (one, other) => other.CompareTo(one));
        return values;
    }

    /// <returns>Whether a pair was rotated.</returns>
    static bool Sweep(double[] matrix, int rank)
    {
        var hasRotated = false;
        for (var i = 0; i < rank - 1; i++)
        {
            for (var j = i + 1; j < rank; j++)
            {
                hasRotated |= Rotate(matrix.AsSpan(i * rank, rank), matrix.AsSpan(j * rank, rank));
            }
        }

        return hasRotated;
    }

    static bool Rotate(Span<double> one, Span<double> other)
    {
        var (a, b) = (TensorPrimitives.SumOfSquares<double>(one), TensorPrimitives.SumOfSquares<double>(other));
        var c = TensorPrimitives.Dot<double>(one, other);
        if (!(Math.Abs(c) > Tolerance * Math.Sqrt(a) * Math.Sqrt(b)))
        {
            return false;
        }

        var zeta = (b - a) / (2 * c);
        var tangent = Math.CopySign(1, zeta) / (Math.Abs(zeta) + Math.Sqrt(1 + (zeta * zeta)));
        var cosine = 1 / Math.Sqrt(1 + (tangent * tangent));
        var sine = cosine * tangent;
        for (var k = 0; k < one.Length; k++)
        {
            (one[k], other[k]) = ((cosine * one[k]) - (sine * other[k]), (sine * one[k]) + (cosine * other[k]));
        }

        return true;
    }
}
