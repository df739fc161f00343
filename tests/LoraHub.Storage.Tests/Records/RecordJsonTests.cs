using LoraHub.Core.Predictions;
using LoraHub.Storage.Records;

namespace LoraHub.Storage.Tests.Records;

/// <summary>Reads records of earlier versions.</summary>
public sealed class RecordJsonTests
{
    const string BeforeTraces =
        """{"adapter":"http://localhost/results/1/adapter.zip","weights":[{"module":"a/b","weight":0.5}],"""
        + """
        "loss":{"zero_shot":1.5,"adapted":0.25,"evaluations":40}}
        """;

    [Fact]
    public void Digests_are_read_from_an_output_with_URLs()
    {
        var output = RecordJson.Read<PredictionOutput>(BeforeTraces);

        Assert.Null(output.Trace);
        Assert.Equal(new LossReport(1.5, 0.25, 40), output.Loss);
        Assert.Equal(["1"], output.Digests());
        Assert.Equal(BeforeTraces.Replace("http://localhost/results/1/adapter.zip", "1", StringComparison.Ordinal), RecordJson.Write(output));
    }

    [Fact]
    public void An_output_lists_its_trace_after_its_other_files()
    {
        var output = RecordJson.Read<PredictionOutput>(BeforeTraces) with
        {
            Checkpoint = "2",
            Trace = "3",
        };

        var read = RecordJson.Read<PredictionOutput>(RecordJson.Write(output));

        Assert.Equal(output.Trace, read.Trace);
        Assert.Equal(["1", "2", "3"], read.Digests());
        Assert.StartsWith(
            """{"adapter":"1","checkpoint":"2","trace":"3","weights":""",
            RecordJson.Write(output),
            StringComparison.Ordinal);
    }
}
