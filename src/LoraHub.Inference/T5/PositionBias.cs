using LoraHub.Formats.ModelConfig;

using static TorchSharp.torch;

namespace LoraHub.Inference.T5;

/// <summary>A stack's learned bias by relative position, stored in its first block and shared by all blocks.</summary>
sealed class PositionBias(T5Weights weights, string attention, T5Config config, bool bidirectional)
{
    readonly Tensor _weight = weights.Get(
        attention + ".relative_attention_bias.weight", weights.StreamType, config.RelativeAttentionNumBuckets, config.NumHeads); // (buckets, H)

    /// <summary>
    /// The bias of queries [from, from + count) to keys [0, keys), (H, count, keys), in the residual stream's dtype; belongs to the caller's scope.
    /// </summary>
    public Tensor Between(int from, int count, int keys)
    {
        using var scope = NewDisposeScope();

        // The bias depends only on key − query: look up each distance once, ascending from the last query's to the first one's.
        var last = from + count - 1;
        var buckets = new long[count + keys - 1];
        for (var i = 0; i < buckets.Length; i++)
        {
            buckets[i] = RelativePosition.Bucket(i - last, bidirectional, config.RelativeAttentionNumBuckets, config.RelativeAttentionMaxDistance);
        }

        var byDistance = _weight.index_select(0, tensor(buckets, device: _weight.device)).t().contiguous(); // (H, count + keys − 1)

        // Row t of a window that slides by one is the bias of query last − t.
        var sliding = byDistance.as_strided([config.NumHeads, count, keys], [buckets.Length, 1, 1], 0); // (H, count, keys)
        return sliding.flip(1).MoveToOuterDisposeScope();
    }
}
