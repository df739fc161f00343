using LoraHub.Core.Predictions;
using LoraHub.Storage.Records;

namespace LoraHub.Storage.Tests.Records;

/// <summary>What earlier versions wrote is still read.</summary>
public sealed class RecordJsonTests
{
    const string BeforeTraces =
        """{"adapter":"http://localhost/results/1/adapter.zip","weights":[{"module":"a/b","weight":0.5}],"loss":{"zero_shot":1.5,"adapted":0.25,"evaluations":40}}""";

    [Fact]
    public void An_output_without_a_trace_is_read_and_written_as_ever()
    {
        var output = RecordJson.Read<PredictionOutput>(BeforeTraces);

        Assert.Null(output.Trace);
        Assert.Equal(new LossReport(1.5, 0.25, 40), output.Loss);
        Assert.Equal(["1"], RecordJson.Digests(output));
        Assert.Equal(BeforeTraces, RecordJson.Write(output));
    }

    [Fact]
    public void An_output_names_its_trace_behind_its_other_files()
    {
        var output = RecordJson.Read<PredictionOutput>(BeforeTraces) with
        {
            Checkpoint = "http://localhost/results/2/checkpoint.zip",
            Trace = "http://localhost/results/3/trace.json",
        };

        var read = RecordJson.Read<PredictionOutput>(RecordJson.Write(output));

        Assert.Equal(output.Trace, read.Trace);
        Assert.Equal(["1", "2", "3"], RecordJson.Digests(read));
        Assert.StartsWith(
            """{"adapter":"http://localhost/results/1/adapter.zip","checkpoint":"http://localhost/results/2/checkpoint.zip","trace":"http://localhost/results/3/trace.json","weights":""",
            RecordJson.Write(output),
            StringComparison.Ordinal);
    }
}
