using System.Text.Json;

using LoraHub.Inference.T5;

namespace LoraHub.Inference.Tests.T5;

public sealed class RelativePositionTests
{
    [Fact]
    public void Every_distance_falls_into_the_bucket_of_the_reference()
    {
        var golden = JsonDocument.Parse(File.ReadAllText(Golden.Path("t5/position_buckets.json"))).RootElement;
        var distances = golden.GetProperty("distance").EnumerateArray().Select(value => value.GetInt32()).ToArray();

        Assert.Equal(Expected("bidirectional"), distances.Select(distance => RelativePosition.Bucket(distance, true, 32, 128)));
        Assert.Equal(Expected("causal"), distances.Select(distance => RelativePosition.Bucket(distance, false, 32, 128)));
        Assert.Equal(601, distances.Length);

        int[] Expected(string name) => [.. golden.GetProperty(name).EnumerateArray().Select(value => value.GetInt32())];
    }
}
