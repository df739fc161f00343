namespace LoraHub.Inference.Checkpoints;

/// <summary>Arithmetic on shapes from files that may lie.</summary>
static class Shapes
{
    /// <summary>What torch's own iterators take.</summary>
    public const int MaxRank = 64;

    // Bytes then fit 63 bits whatever the type. Sizes of 0 count as 1: torch computes strides that way, and would overflow.
    const long MaxElements = long.MaxValue / 16;

    /// <summary>The number of elements, or null for a shape that no tensor can have.</summary>
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

    /// <summary>Row-major strides, in elements.</summary>
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

    /// <summary>Whether a strided tensor that starts at an element of a storage ends inside it.</summary>
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

        var left = storage - start - 1; // may be -1: then even one element is too many
        for (var i = 0; i < shape.Count && left >= 0; i++)
        {
            left = shape[i] == 1 || strides[i] <= left / (shape[i] - 1) ? left - ((shape[i] - 1) * strides[i]) : -1;
        }

        return left >= 0;
    }

    public static string Describe(IEnumerable<long> shape) => $"[{string.Join(", ", shape)}]";
}
