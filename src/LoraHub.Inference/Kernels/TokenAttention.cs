using System.Runtime.InteropServices;

using static TorchSharp.torch;

namespace LoraHub.Inference.Kernels;

/// <summary>Where the keys and values of one row are, for all layers: (layers, 2, H, <see cref="Capacity"/>, K).</summary>
/// <param name="Start">The first number.</param>
/// <param name="Length">The keys to attend to, the token's own included.</param>
/// <param name="Capacity">The keys that there is room for.</param>
[StructLayout(LayoutKind.Auto)]
readonly record struct AttendedRow(nint Start, int Length, int Capacity)
{
    /// <param name="numbers">(layers, 2, H, capacity, K), in CPU memory; must outlive the result.</param>
    public static unsafe AttendedRow Of(Tensor numbers, int length) => new((nint)LibTorch.Data(numbers), length, (int)numbers.shape[3]);
}

/// <summary>
/// Attention of one token of each row to the row's own keys, in one pass: rows of different lengths need no padding and no common tensor, so
/// rows come and go without a copy. All arithmetic is in fp32, as elsewhere (docs/adr/0003).
/// </summary>
static unsafe class TokenAttention
{
    // The widest head whose sums are kept on the stack.
    const int WidestHead = 1_024;

    /// <summary>Whether <see cref="Forward"/> can attend with this bias to keys of this dtype on the same device.</summary>
    public static bool CanProcess(Tensor bias, ScalarType type, int headWidth) =>
        Lanes.CanProcess(bias) && bias.dtype == ScalarType.Float32 && type is ScalarType.Float32 or ScalarType.BFloat16 && headWidth <= WidestHead;

    /// <param name="x">(R, ≥ H·K): a token's query in the first columns; if it is appended, its key and value in the next ones.</param>
    /// <param name="rows">Of the dtype of <paramref name="x"/>.</param>
    /// <param name="heads">H.</param>
    /// <param name="headWidth">K.</param>
    /// <param name="bias">(H, 1, P): of the last of P positions to each, fp32; null for none. P is at least the longest row.</param>
    /// <param name="appends">Whether the token's key and value are written to the row's last place first.</param>
    /// <returns>(R, H·K); belongs to the caller's scope.</returns>
    public static Tensor Forward(
        Tensor x, ReadOnlySpan<AttendedRow> rows, int layer, int heads, int headWidth, Tensor? bias, bool appends)
    {
        var result = empty([rows.Length, heads * headWidth], x.dtype);
        var keys = 0L;
        foreach (var row in rows)
        {
            keys += row.Length;
        }

        fixed (AttendedRow* first = rows)
        {
            var work = new TokenAttentionLoops.Work
            {
                X = LibTorch.Data(x),
                Columns = x.shape[1],
                Rows = first,
                Layer = layer,
                Heads = heads,
                Width = headWidth,
                Bias = bias is null ? null : (float*)LibTorch.Data(bias),
                Positions = bias is null ? 0 : (int)bias.shape[2],
                Appends = appends,
                Result = LibTorch.Data(result),
            };
            delegate*<void*, int, int, void> body =
                x.dtype == ScalarType.BFloat16 ? &TokenAttentionLoops.Heads<BFloat16> : &TokenAttentionLoops.Heads<Float32>;
            Threads.For(rows.Length * heads, 2L * keys * heads * headWidth, body, &work);
        }

        return result;
    }

    /// <summary>The same with libtorch's operations, row by row.</summary>
    /// <param name="rows">Keys and values of each row, (2, H, length, K).</param>
    public static Tensor Plain(Tensor x, IReadOnlyList<Tensor> rows, Tensor? bias, bool appends)
    {
        using var scope = NewDisposeScope();
        var (heads, width) = (rows[0].shape[1], rows[0].shape[3]);
        var contexts = rows.Select((row, r) =>
        {
            var own = x[r].unflatten(0, -1, heads, 1, width); // (1 or 3, H, 1, K)
            if (appends)
            {
                row.narrow(2, row.shape[2] - 1, 1).copy_(own.narrow(0, 1, 2));
            }

            var scores = own[0].matmul(row[0].transpose(1, 2)).to(bias?.dtype ?? (x.dtype == ScalarType.Float64 ? x.dtype : ScalarType.Float32));
            scores = bias is null ? scores : scores.add(bias.narrow(2, bias.shape[2] - row.shape[2], row.shape[2]), LiveScalar.One); // (H, 1, length)
            return scores.softmax(-1, ScalarType.Float32).to(x.dtype).matmul(row[1]).flatten(); // (H·K)
        });
        return stack(contexts).MoveToOuterDisposeScope();
    }
}
