using static TorchSharp.torch;

namespace LoraHub.Inference.T5;

/// <summary>
/// Rows of tokens, concatenated without padding. Operations on single tokens use them as they are, (n, …); operations within a row use them
/// padded, (B, S, …). Owns its tensors.
/// </summary>
sealed class TokenRows : IDisposable
{
    TokenRows(IReadOnlyList<int[]> rows, Func<int, int, bool>? isHidden, Device device)
    {
        (Rows, Longest) = (rows, rows.Max(row => row.Length));
        using var scope = NewDisposeScope();
        Ids = Keep(tensor(rows.SelectMany(row => row).Select(id => (long)id).ToArray(), device: device));
        if (rows.Any(row => row.Length < Longest))
        {
            var starts = new int[rows.Count];
            for (var row = 1; row < rows.Count; row++)
            {
                starts[row] = starts[row - 1] + rows[row - 1].Length;
            }

            // The padding repeats the row's last token; its values are never used.
            var padded = rows.SelectMany((row, b) => Enumerable.Range(0, Longest).Select(s => (long)starts[b] + Math.Min(s, row.Length - 1)));
            var tokens = rows.SelectMany((row, b) => Enumerable.Range(0, row.Length).Select(s => ((long)b * Longest) + s));
            PaddedPlaces = Keep(tensor(padded.ToArray(), device: device));
            TokenPlaces = Keep(tensor(tokens.ToArray(), device: device));
        }

        var mask = rows.SelectMany((row, b) => Enumerable.Range(0, Longest)
            .Select(s => s >= row.Length || isHidden?.Invoke(b, s) == true ? float.MinValue : 0)).ToArray();
        Mask = mask.Any(term => term != 0) ? Keep(tensor(mask, [rows.Count, Longest], device: device)) : null;
    }

    /// <summary>The rows' ids.</summary>
    public IReadOnlyList<int[]> Rows { get; }

    /// <summary>S.</summary>
    public int Longest { get; }

    /// <summary>All ids, int64, (n).</summary>
    public Tensor Ids { get; }

    /// <summary>The token at each padded place, int64, (B·S); null if all rows have the same length.</summary>
    public Tensor? PaddedPlaces { get; }

    /// <summary>The padded place of each token, int64, (n); null if all rows have the same length.</summary>
    public Tensor? TokenPlaces { get; }

    /// <summary>The additive mask of padded places as keys: 0, or float.MinValue to hide a place, fp32, (B, S). Null if none is hidden.</summary>
    public Tensor? Mask { get; }

    /// <param name="rows">At least one; none empty.</param>
    /// <param name="isHidden">Whether a row's place is hidden: masked as a key inside the row, dropped at its end. Null if none is.</param>
    public static TokenRows Of(IReadOnlyList<int[]> rows, Device device, Func<int, int, bool>? isHidden = null) =>
        new([.. rows.Select((row, b) => row[..Length(row.Length, s => isHidden?.Invoke(b, s) == true)])], isHidden, device);

    /// <summary>(n, …) → (B, S, …); belongs to the caller's scope.</summary>
    public Tensor Pad(Tensor x) => (PaddedPlaces is null ? x : x.index_select(0, PaddedPlaces)).unflatten(0, Rows.Count, Longest);

    /// <summary>(B, S, …) → (n, …); belongs to the caller's scope.</summary>
    public Tensor Unpad(Tensor x)
    {
        var flat = x.flatten(0, 1); // (B·S, …)
        return TokenPlaces is null ? flat : flat.index_select(0, TokenPlaces);
    }

    public void Dispose()
    {
        Ids.Dispose();
        Mask?.Dispose();
        PaddedPlaces?.Dispose();
        TokenPlaces?.Dispose();
    }

    static int Length(int length, Func<int, bool> isHidden)
    {
        while (length > 1 && isHidden(length - 1))
        {
            length--;
        }

        return length;
    }

    static Tensor Keep(Tensor tensor) => tensor.DetachFromDisposeScope();
}
