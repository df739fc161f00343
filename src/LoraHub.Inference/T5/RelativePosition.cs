namespace LoraHub.Inference.T5;

/// <summary>Buckets of relative positions (arXiv 1910.10683, section 2.1; as in transformers' T5Attention).</summary>
public static class RelativePosition
{
    /// <summary>The bucket of a distance.</summary>
    /// <param name="distance">Key position − query position.</param>
    /// <param name="bidirectional">True in the encoder; in the decoder all keys to the right share bucket 0.</param>
    public static int Bucket(int distance, bool bidirectional, int buckets, int maxDistance)
    {
        var first = 0;
        if (bidirectional)
        {
            buckets /= 2;
            first = distance > 0 ? buckets : 0;
            distance = Math.Abs(distance);
        }
        else
        {
            distance = Math.Max(-distance, 0);
        }

        // Half of the buckets hold exact distances, the other half widen logarithmically. Computed in fp32 to round as the reference does.
        var exact = buckets / 2;
        if (distance < exact)
        {
            return first + distance;
        }

        var logarithmic = MathF.Log((float)distance / exact) / (float)Math.Log((double)maxDistance / exact) * (buckets - exact);
        return first + Math.Min(exact + (int)logarithmic, buckets - 1);
    }
}
