using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace LoraHub.Modules.Inspection;

/// <summary>
/// A short vector of a module's whole update whose products approximate those of the updates: number k is Σ over layers of gₖ · uₖᵀ ΔW vₖ / √K with random signs, so
/// that ⟨ΔW, ΔW'⟩ is the mean of ⟨s, s'⟩ (random projection; Johnson and Lindenstrauss). Enough to tell which few of ten thousand modules to compare exactly.
/// </summary>
/// <remarks>The signs follow from names and sizes alone: they must never change, or stored sketches would no longer compare with new ones.</remarks>
sealed class DeltaSketch
{
    /// <summary>K.</summary>
    public const int Length = 1024;

    /// <summary>So many signs are one byte, which selects one of 256 sums.</summary>
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
    /// <returns>(K, r), with r filled up by zeros to whole vectors.</returns>
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

    /// <summary>Takes a group's columns out of the rows; those beyond the last stay zero.</summary>
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

    /// <summary>All 256 sums of a group's elements with signs: a bit that is set is a plus. Each differs in one sign from one before it.</summary>
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

    /// <summary>The signs of (K, size), eight of a row to a byte: by groups, then by rows.</summary>
    byte[] Groups(char side, int size)
    {
        if (!_groups.TryGetValue((side, size), out var groups))
        {
            _groups[(side, size)] = groups = new byte[(size + GroupSize - 1) / GroupSize * Length];
            var (random, signs) = (Seeded($"{side} {size}"), new byte[size]);
            for (var k = 0; k < Length; k++)
            {
                random.NextBytes(signs); // row by row: all of them at once would take a kilobyte for each of the layer's numbers
                for (var i = 0; i < size; i++)
                {
                    groups[(i / GroupSize * Length) + k] |= (byte)((signs[i] & 1) << (i % GroupSize));
                }
            }
        }

        return groups;
    }

    /// <summary>Bytes whose lowest bits are signs, (count): 1 is a plus, 0 a minus.</summary>
    static byte[] Signs(string seed, int count)
    {
        var bytes = new byte[count];
        Seeded(seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>A seeded Random keeps its numbers across machines and .NET versions, however many are taken at once.</summary>
    static Random Seeded(string seed) => new(BitConverter.ToInt32(SHA256.HashData(Encoding.UTF8.GetBytes(seed))));
}
