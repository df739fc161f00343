using LoraHub.Inference.Kernels;
using LoraHub.Inference.T5;

using static TorchSharp.torch;

namespace LoraHub.Inference.Gradients;

/// <summary>
/// The dropout masks of one step. A number depends only on the seed, the step, the layer and its place there: neither on micro-batches nor on the
/// order of computation.
/// </summary>
/// <param name="rate">Above 0 and below 1.</param>
/// <param name="first">The place in the step of the pass's first row.</param>
sealed class DropoutMasks(long seed, double rate, int step, int first)
{
    const int Words = 4; // of a block of random numbers

    /// <summary>The order of the data has the seed itself as its key.</summary>
    readonly (uint, uint) _key = ((uint)seed, ~(uint)(seed >> 32));

    /// <summary>0, or 1 / (1 − rate), for each number of x, (n, in); belongs to the caller's scope.</summary>
    public Tensor Of(string layer, Tensor x, TokenRows rows)
    {
        using var scope = NewDisposeScope();
        var width = (int)x.shape[1];
        var starts = new int[rows.Rows.Count];
        for (var row = 1; row < starts.Length; row++)
        {
            starts[row] = starts[row - 1] + (rows.Rows[row - 1].Length * width);
        }

        var (mask, hash) = (new float[x.numel()], Hash(layer));
        Threads.ForEach(starts.Length, row => Fill(mask.AsSpan(starts[row], rows.Rows[row].Length * width), (uint)(first + row), hash));
        return tensor(mask, x.shape).to(x.dtype).to(x.device).MoveToOuterDisposeScope();
    }

    void Fill(Span<float> row, uint place, uint layer)
    {
        var (kept, limit) = ((float)(1 / (1 - rate)), (uint)(rate * uint.MaxValue));
        Span<uint> words = stackalloc uint[Words];
        for (var i = 0; i < row.Length; i += Words)
        {
            (words[0], words[1], words[2], words[3]) = CounterRandom.Block(_key, ((uint)(i / Words), (uint)step, place, layer));
            for (var j = 0; j < Math.Min(Words, row.Length - i); j++)
            {
                row[i + j] = words[j] < limit ? 0 : kept;
            }
        }
    }

    /// <summary>FNV-1a: the runtime's own hash differs between processes.</summary>
    static uint Hash(string text) => text.Aggregate(2166136261u, (hash, letter) => unchecked((hash ^ letter) * 16777619u));
}
