using static TorchSharp.torch;

namespace LoraHub.Inference.Predictions;

/// <summary>Rows of different lengths as one tensor. What is returned belongs to the caller's scope.</summary>
static class PaddedRows
{
    // What the attention scores of one layer may take, with their bias and softmax: three tensors of (rows, heads, longest, longest).
    const long AttentionBytes = 2L << 30;

    /// <summary>Consecutive rows that fit into one pass together, their attention included; a row that is too long for any comes alone.</summary>
    /// <param name="tokensPerPass">The most tokens in a pass, padding included.</param>
    /// <param name="heads">Attention heads of the model.</param>
    public static IEnumerable<Range> Split(IReadOnlyList<int> lengths, int tokensPerPass, int heads)
    {
        var (start, longest) = (0, 0);
        for (var row = 0; row < lengths.Count; row++)
        {
            longest = Math.Max(longest, lengths[row]);
            var tokens = (long)longest * (row - start + 1);
            if (row > start && (tokens > tokensPerPass || tokens * longest * heads * 3 * sizeof(float) > AttentionBytes))
            {
                yield return start..row;
                (start, longest) = (row, lengths[row]);
            }
        }

        yield return start..lengths.Count;
    }

    /// <summary>int64, (rows, longest), filled up at the end.</summary>
    public static Tensor Ids(IReadOnlyList<int[]> all, Range range, long fill, Device device) =>
        Fill(all, range, fill, device, id => id);

    /// <summary>int64, (rows, longest): 1 on the row's own positions, 0 after them.</summary>
    public static Tensor Mask(IReadOnlyList<int[]> all, Range range, Device device) =>
        Fill(all, range, 0, device, _ => 1);

    static Tensor Fill(IReadOnlyList<int[]> all, Range range, long fill, Device device, Func<int, long> value)
    {
        var (start, count) = range.GetOffsetAndLength(all.Count);
        var longest = Enumerable.Range(start, count).Max(row => all[row].Length);
        var cells = new long[count * longest];
        Array.Fill(cells, fill);
        for (var row = 0; row < count; row++)
        {
            var ids = all[start + row];
            for (var i = 0; i < ids.Length; i++)
            {
                cells[(row * longest) + i] = value(ids[i]);
            }
        }

        return tensor(cells, [count, longest], device: device);
    }
}
