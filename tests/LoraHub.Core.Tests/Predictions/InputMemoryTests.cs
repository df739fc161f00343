using System.Text.Json.Nodes;

using LoraHub.Core.Predictions.Inputs;

namespace LoraHub.Core.Tests.Predictions;

/// <summary>The memory that is measured is the process's, so that no test may run beside this one.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;

[Collection(nameof(Alone))]
public sealed class InputMemoryTests
{
    [Fact]
    public void What_is_dropped_does_not_stay_in_memory()
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var known = Enumerable.Range(0, 20).Select(_ => Known(4_000_000)).ToArray();
        var kept = GC.GetTotalMemory(forceFullCollection: true) - before;

        Assert.InRange(kept, long.MinValue, 40_000_000); // of 80 that were dropped
        Assert.Equal(20, known.Count(input => (int)input[InputSchema.Seed]! == 1));

        static JsonObject Known(int size) => InputSchema.Known(JsonNode.Parse($$"""{"seed": 1, "junk": "{{new string('x', size)}}"}""")!.AsObject());
    }
}
