using System.Text.Json.Nodes;

using LoraHub.Core.Predictions.Inputs;

namespace LoraHub.Core.Tests.Predictions;

/// <summary>Measures the memory of the process, so no other test may run at the same time.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;

[Collection(nameof(Alone))]
public sealed class InputMemoryTests
{
    [Fact]
    public void Unknown_inputs_do_not_stay_in_memory()
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var known = Enumerable.Range(0, 20).Select(_ => Known(4_000_000)).ToArray();
        var kept = GC.GetTotalMemory(forceFullCollection: true) - before;

        Assert.InRange(kept, long.MinValue, 40_000_000); // the unknown inputs take 80 MB
        Assert.Equal(20, known.Count(input => (int)input[InputSchema.Seed]! == 1));

        static JsonObject Known(int size) => InputSchema.Fields.Known(JsonNode.Parse($$"""{"seed": 1, "junk": "{{new string('x', size)}}"}""")!.AsObject());
    }
}
