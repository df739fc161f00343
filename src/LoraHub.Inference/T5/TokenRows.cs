using static TorchSharp.torch;

namespace LoraHub.Inference.T5;

/// <summary>
/// Rows of tokens, one after the other without padding: what works on each token alone takes them as they are (n, …), what works within a row takes them
/// padded (B, S, …). Owns its tensors.
/// </summary>
sealed class TokenRows : IDisposable
{
    readonly Tensor? _padded; // for each padded place the token that is put there, (B·S); null where no row is shorter
    readonly Tensor? _tokens; // for each token its padded place, (n)

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

            // What stands behind a row's end is never looked at: its last token again.
            _padded = Keep(tensor(rows.SelectMany((row, b) => Enumerable.Range(0, Longest).Select(s => (long)starts[b] + Math.Min(s, row.Length - 1))).ToArray(), device: device));
            _tokens = Keep(tensor(rows.SelectMany((row, b) => Enumerable.Range(0, row.Length).Select(s => ((long)b * Longest) + s)).ToArray(), device: device));
        }

        var mask = rows.SelectMany((row, b) => Enumerable.Range(0, Longest).Select(s => s >= row.Length || isHidden?.Invoke(b, s) == true ? float.MinValue : 0)).ToArray();
        Mask = mask.Any(term => term != 0) ? Keep(tensor(mask, [rows.Count, Longest], device: device)) : null;
    }

    /// <summary>The rows' ids.</summary>
    public IReadOnlyList<int[]> Rows { get; }

    /// <summary>S.</summary>
    public int Longest { get; }

    /// <summary>All ids, int64, (n).</summary>
    public Tensor Ids { get; }

    /// <summary>Added to the score of a padded place as a key: 0, or so low a number that it does not count, fp32, (B, S). Null where all count.</summary>
    public Tensor? Mask { get; }

    /// <param name="rows">At least one; none empty.</param>
    /// <param name="isHidden">Whether a row's place counts for no other: inside a row it is masked as a key, at the end it is left out. Null where all count.</param>
    public static TokenRows Of(IReadOnlyList<int[]> rows, Device device, Func<int, int, bool>? isHidden = null) =>
        new([.. rows.Select((row, b) => row[..Length(row.Length, s => isHidden?.Invoke(b, s) == true)])], isHidden, device);

    /// <summary>(n, …) → (B, S, …); belongs to the caller's scope.</summary>
    public Tensor Pad(Tensor x) => (_padded is null ? x : x.index_select(0, _padded)).unflatten(0, Rows.Count, Longest);

    /// <summary>(B, S, …) → (n, …); belongs to the caller's scope.</summary>
    public Tensor Unpad(Tensor x)
    {
        var flat = x.flatten(0, 1); // (B·S, …)
        return _tokens is null ? flat : flat.index_select(0, _tokens);
    }

    public void Dispose()
    {
        Ids.Dispose();
        Mask?.Dispose();
        _padded?.Dispose();
        _tokens?.Dispose();
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
