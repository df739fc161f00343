using static TorchSharp.torch;

namespace LoraHub.Plain;

/// <summary>Pads rows of different lengths to one batch, as transformers does. The returned tensors belong to the caller's scope.</summary>
static class PaddedRows
{
    /// <summary>int64, (rows, longest), padded at the end.</summary>
    public static Tensor Ids(IReadOnlyList<int[]> rows, long fill) => Fill(rows, fill, id => id);

    /// <summary>int64, (rows, longest): 1 at the row's own positions, 0 after them.</summary>
    public static Tensor Mask(IReadOnlyList<int[]> rows) => Fill(rows, 0, _ => 1);

    static Tensor Fill(IReadOnlyList<int[]> rows, long fill, Func<int, long> value)
    {
        var longest = rows.Max(row => row.Length);
        var cells = rows.SelectMany(row => row.Select(value).Concat(Enumerable.Repeat(fill, longest - row.Length))).ToArray();
        return tensor(cells, [rows.Count, longest]);
    }
}
