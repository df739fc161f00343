using static TorchSharp.torch;

namespace LoraHub.Inference.T5;

/// <summary>A stack's learned bias by relative position; its first block's, shared by all.</summary>
sealed class PositionBias(T5Weights weights, string attention, T5Config config, bool bidirectional)
{
    readonly Tensor _weight = weights.Get(
        attention + ".relative_attention_bias.weight", config.RelativeAttentionNumBuckets, config.NumHeads); // (buckets, H)

    /// <summary>The bias of queries [from, from + count) to keys [0, keys), (1, H, count, keys); belongs to the caller's scope.</summary>
    public Tensor Between(int from, int count, int keys)
    {
        using var scope = NewDisposeScope();

        // The bias depends on key − query alone: look each distance up once, rising from the last query's to the first one's.
        var last = from + count - 1;
        var buckets = new long[count + keys - 1];
        for (var i = 0; i < buckets.Length; i++)
        {
            buckets[i] = RelativePosition.Bucket(i - last, bidirectional, config.RelativeAttentionNumBuckets, config.RelativeAttentionMaxDistance);
        }

        var byDistance = _weight.index_select(0, tensor(buckets, device: _weight.device)).t().contiguous(); // (H, count + keys − 1)

        // Row t of a window that slides by one is the bias of query last − t.
        var sliding = byDistance.as_strided([config.NumHeads, count, keys], [buckets.Length, 1, 1], 0); // (H, count, keys)
        return sliding.flip(1).unsqueeze(0).MoveToOuterDisposeScope();
    }
}

/// <summary>Additive masks.</summary>
static class AttentionMask
{
    /// <summary>What is added to a score that must not count: the dtype's lowest number, as transformers does.</summary>
    public static double Hidden(ScalarType type) => type switch
    {
        ScalarType.BFloat16 => -3.3895313892515355e38,
        ScalarType.Float64 => double.MinValue,
        _ => float.MinValue,
    };

    /// <summary>(B, S) with 1 where a token counts → additive (B, 1, 1, S); belongs to the caller's scope.</summary>
    public static Tensor From(Tensor mask, ScalarType type)
    {
        using var scope = NewDisposeScope();
        return zeros(mask.shape, type, mask.device).masked_fill_(mask.eq(0), Hidden(type)).unsqueeze(1).unsqueeze(1).MoveToOuterDisposeScope();
    }
}
