using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace LoraHub.Modules.Inspection;

/// <summary>
/// A random projection of a module's whole update (Johnson and Lindenstrauss): element k is Σ over layers of gₖ · uₖᵀ ΔW vₖ / √K with random signs,
/// so that ⟨s, s'⟩ has the mean ⟨ΔW, ΔW'⟩. It selects the few of ten thousand modules that are worth an exact comparison.
/// </summary>
/// <remarks>The signs depend only on names and sizes. They must never change: stored sketches would not be comparable with new ones.</remarks>
sealed class DeltaSketch
{
    /// <summary>The dimension K.</summary>
    public const int Length = 1024;

    /// <summary>The signs per byte; a byte selects one of 256 precomputed sums.</summary>
    const int GroupSize = 8;

    readonly double[] _sum = new double[Length];
    readonly Dictionary<(char Side, int Size), byte[]> _groups = [];

    /// <summary>Adds a layer.</summary>
    public void Add(LayerFactors factors)
    {
        var (left, right) = (Project('u', factors.B, factors.Rank), Project('v', factors.A, factors.Rank));
        var (signs, width, scale) = (Signs(factors.Layer, Length), left.Length / Length, factors.Scaling / Math.Sqrt(Length));
        for (var k = 0; k < Length; k++)
        {
            double product = 0;
            for (var j = 0; j < width; j++)
            {
                product += Vector.Dot(left[(k * width) + j], right[(k * width) + j]);
            }

            _sum[k] += (signs[k] & 1) == 1 ? product * scale : -product * scale;
        }
    }

    /// <summary>fp32, little-endian.</summary>
    public byte[] ToBytes() => MemoryMarshal.AsBytes<float>(Array.ConvertAll(_sum, number => (float)number)).ToArray();

    /// <summary>The product of the side's signs, (K, n), and the rows transposed, (n, r).</summary>
    /// <param name="rows">(r, n).</param>
    /// <returns>(K, r), with r padded with zeros to whole SIMD vectors.</returns>
    Vector<double>[] Project(char side, double[] rows, int rank)
    {
        var size = rows.Length / rank;
        var groups = Groups(side, size);
        var width = (rank + Vector<double>.Count - 1) / Vector<double>.Count;
        var product = new Vector<double>[Length * width];
        var sums = new Vector<double>[(1 << GroupSize) * width];
        var elements = new double[GroupSize * width * Vector<double>.Count];
        for (var group = 0; group * GroupSize < size; group++)
        {
            Fill(elements, rows, size, rank, group * GroupSize);
            Sum(MemoryMarshal.Cast<double, Vector<double>>(elements), sums, width);
            var selected = groups.AsSpan(group * Length, Length);
            for (var k = 0; k < Length; k++)
            {
                var (to, from) = (k * width, selected[k] * width);
                for (var j = 0; j < width; j++)
                {
                    product[to + j] += sums[from + j];
                }
            }
        }

        return product;
    }

    /// <summary>Copies a group's columns from the rows, padded with zeros.</summary>
    static void Fill(double[] elements, double[] rows, int size, int rank, int start)
    {
        Array.Clear(elements);
        var stride = elements.Length / GroupSize;
        for (var i = 0; i < Math.Min(GroupSize, size - start); i++)
        {
            for (var j = 0; j < rank; j++)
            {
                elements[(i * stride) + j] = rows[(j * size) + start + i];
            }
        }
    }

    /// <summary>
    /// All 256 signed sums of a group's elements: a set bit is a plus. Each sum is computed from an earlier one that differs in one sign.
    /// </summary>
    static void Sum(ReadOnlySpan<Vector<double>> elements, Vector<double>[] sums, int width)
    {
        for (var j = 0; j < width; j++)
        {
            var allMinus = Vector<double>.Zero;
            for (var i = 0; i < GroupSize; i++)
            {
                allMinus -= elements[(i * width) + j];
            }

            sums[j] = allMinus;
        }

        for (var bits = 1; bits < 1 << GroupSize; bits++)
        {
            var (before, changed) = (bits & (bits - 1), BitOperations.TrailingZeroCount(bits));
            for (var j = 0; j < width; j++)
            {
                sums[(bits * width) + j] = sums[(before * width) + j] + (2 * elements[(changed * width) + j]);
            }
        }
    }

    /// <summary>The signs (K, size), eight of a row in a byte, ordered by group, then by row.</summary>
    byte[] Groups(char side, int size)
    {
        if (!_groups.TryGetValue((side, size), out var groups))
        {
            _groups[(side, size)] = groups = new byte[(size + GroupSize - 1) / GroupSize * Length];
            var (random, signs) = (Seeded($"{side} {size}"), new byte[size]);
            for (var k = 0; k < Length; k++)
            {
                random.NextBytes(signs); // row by row: all rows at once would take K bytes per column
                for (var i = 0; i < size; i++)
                {
                    groups[(i / GroupSize * Length) + k] |= (byte)((signs[i] & 1) << (i % GroupSize));
                }
            }
        }

        return groups;
    }

    /// <summary>Bytes whose lowest bits are signs: 1 is a plus, 0 a minus.</summary>
    static byte[] Signs(string seed, int count)
    {
        var bytes = new byte[count];
        Seeded(seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>A seeded Random yields the same numbers on every machine and .NET version, whatever the size of the requests.</summary>
    static Random Seeded(string seed) => new(BitConverter.ToInt32(SHA256.HashData(Encoding.UTF8.GetBytes(seed))));
}
