using LoraHub.Formats.ModelConfig;

namespace LoraHub.Inference.Adaptation;

/// <summary>Limits the rows of one forward pass, to bound the memory of states, logits, key-value cache and attention scores.</summary>
static class MicroBatches
{
    // Padding included.
    const long Tokens = 8_192;

    // Limit for one layer's attention scores, bias and softmax: three tensors of (rows, heads, longest, longest).
    const long AttentionBytes = 2L << 30;

    // Limit for the logits of all tokens: (rows · longest, vocabulary). Only mT5's vocabulary is large enough to reach it before the others.
    const long LogitBytes = 2L << 30;

    /// <param name="longest">Tokens of the longest row.</param>
    public static bool Fits(long rows, long longest, T5Config model) =>
        rows * longest <= Tokens
        && rows * longest * longest * model.NumHeads * 3 * sizeof(float) <= AttentionBytes
        && rows * longest * model.VocabSize * sizeof(float) <= LogitBytes;

    /// <summary>Splits rows into micro-batches of consecutive rows. A row over the limit is a micro-batch by itself.</summary>
    public static IEnumerable<Range> Split(IReadOnlyList<int> lengths, T5Config model)
    {
        var (start, longest) = (0, 0);
        for (var row = 0; row < lengths.Count; row++)
        {
            longest = Math.Max(longest, lengths[row]);
            if (row > start && !Fits(row - start + 1, longest, model))
            {
                yield return start..row;
                (start, longest) = (row, lengths[row]);
            }
        }

        yield return start..lengths.Count;
    }
}
