namespace LoraHub.Formats.Tensors;

/// <summary>Arithmetic on shapes from untrusted files.</summary>
static class Shapes
{
    /// <summary>The limit of torch's iterators.</summary>
    public const int MaxRank = 64;

    // The number of bytes then fits 63 bits for every type. Sizes of 0 count as 1, since torch computes strides that way and would overflow.
    const long MaxElements = long.MaxValue / 16;

    /// <summary>Returns the number of elements, or null for an invalid shape.</summary>
    public static long? Elements(IReadOnlyList<long> shape)
    {
        if (shape.Count > MaxRank)
        {
            return null;
        }

        long elements = 1;
        foreach (var size in shape)
        {
            if (size < 0 || elements > MaxElements / Math.Max(size, 1))
            {
                return null;
            }

            elements *= Math.Max(size, 1);
        }

        return shape.Contains(0) ? 0 : elements;
    }

    /// <summary>Computes row-major strides, in elements.</summary>
    public static long[] Strides(IReadOnlyList<long> shape)
    {
        var strides = new long[shape.Count];
        long next = 1;
        for (var i = shape.Count - 1; i >= 0; i--)
        {
            strides[i] = next;
            next *= Math.Max(shape[i], 1);
        }

        return strides;
    }

    /// <summary>Whether a strided tensor lies inside its storage.</summary>
    public static bool FitsStorage(IReadOnlyList<long> shape, IReadOnlyList<long> strides, long start, long storage)
    {
        if (start < 0 || start > storage || strides.Any(stride => stride < 0))
        {
            return false;
        }

        if (shape.Contains(0))
        {
            return true;
        }

        var left = storage - start - 1; // -1 when not even one element fits
        for (var i = 0; i < shape.Count && left >= 0; i++)
        {
            left = shape[i] == 1 || strides[i] <= left / (shape[i] - 1) ? left - ((shape[i] - 1) * strides[i]) : -1;
        }

        return left >= 0;
    }

    public static string Describe(IEnumerable<long> shape) => $"[{string.Join(", ", shape)}]";
}
