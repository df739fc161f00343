using LoraHub.Inference.Generation;

using static TorchSharp.torch;

namespace LoraHub.Inference.Tests.Generation;

/// <summary>Runs a decoding to its end, with rows that hold their whole sequences.</summary>
static class DecodingRun
{
    /// <param name="logitsOf">The logits after each row's ids, which begin with the start token: (rows, vocabulary).</param>
    /// <returns>The settled tokens of each step.</returns>
    public static IReadOnlyList<IReadOnlyList<int>> Steps(Decoding decoding, int start, Func<int[][], Tensor> logitsOf)
    {
        var settled = new List<IReadOnlyList<int>>();
        int[][] rows = [.. Enumerable.Range(0, decoding.Rows).Select(_ => new[] { start })];
        for (var isEnded = false; !isEnded;)
        {
            using var scope = NewDisposeScope();
            var step = decoding.Next(logitsOf(rows));
            settled.Add(step.Settled);
            rows = [.. step.Tokens.Select((token, row) => (int[])[.. rows[step.Parents?[row] ?? row], token])];
            Assert.Equal(decoding.Rows, rows.Length);
            isEnded = step.IsEnded;
        }

        return settled;
    }

    /// <inheritdoc cref="Steps"/>
    /// <returns>The answer.</returns>
    public static int[] Ids(Decoding decoding, int start, Func<int[][], Tensor> logitsOf) =>
        [.. Steps(decoding, start, logitsOf).SelectMany(tokens => tokens)];

    /// <summary>Logits that depend on the step and the previous token.</summary>
    public static Tensor Logits(float[][][] table, int[][] rows)
    {
        var flat = rows.SelectMany(ids => table[ids.Length - 1][ids[^1]]).ToArray();
        return tensor(flat).view(rows.Length, -1);
    }
}
