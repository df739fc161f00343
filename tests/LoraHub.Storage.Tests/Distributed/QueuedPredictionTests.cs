using System.Text;
using System.Text.Json.Nodes;
using LoraHub.Core.Predictions;
using LoraHub.Storage.Distributed;
using LoraHub.Storage.Tests.Contracts;

namespace LoraHub.Storage.Tests.Distributed;

/// <summary>Messages between versions: this version reads messages of 0.1, and still writes the names that 0.1 needs.</summary>
public sealed class QueuedPredictionTests
{
    const string Old = """
        {"id":"old","input":{"seed":42},"origin":"http://localhost","createdAt":"2026-01-01T12:00:00+00:00","deadline":"2026-01-01T12:05:00+00:00",
        "deployment":"lorahub/mine","hardware":"gpu","traceParent":"00-1-2-01","inputAt":"old/1"}
        """;

    [Fact]
    public void A_message_of_an_earlier_version_is_a_prediction_without_a_plan()
    {
        var queued = QueuedPrediction.Read(Encoding.UTF8.GetBytes(Old));

        Assert.Equal("old/1", queued.InputAt);
        Assert.Null(queued.PlanAt);
        Assert.Null(queued.Created.Plan);
        Assert.Equal(("old", "http://localhost", "lorahub/mine", "gpu", "00-1-2-01"),
            (queued.Created.Id, queued.Created.Origin, queued.Created.Deployment, queued.Created.Hardware, queued.Created.TraceParent));
        Assert.Equal(42, (int)queued.Created.Input["seed"]!);
        Assert.Equal(TimeSpan.FromMinutes(5), queued.Created.Deadline - queued.Created.CreatedAt);
    }

    [Fact]
    public void A_message_of_a_version_without_kinds_is_a_composition()
    {
        var plan = StoredJson.ToObject(Some.Plan(new ModuleUse("mine/colors", Some.Digest('1'))));
        Assert.False(plan.ContainsKey("kind"));
        var message = JsonNode.Parse(Old)!.AsObject();
        message["plan"] = plan;

        var queued = QueuedPrediction.Read(StoredJson.Write(message));

        Assert.Equal((PredictionKind.Compose, null, null), (queued.Created.Kind, queued.Created.Model, queued.Created.Version));
        Assert.Equal([new ModuleUse("mine/colors", Some.Digest('1'))], Assert.IsType<CompositionPlan>(queued.Created.Plan).Modules);
    }

    [Fact]
    public void An_earlier_version_finds_its_names_in_a_message()
    {
        var queued = QueuedPrediction.Of(FullPrediction.Create(DateTimeOffset.UnixEpoch)) with { InputAt = "every/1", PlanAt = "every/2" };
        var message = JsonNode.Parse(queued.Write())!.AsObject();

        Assert.All(JsonNode.Parse(Old)!.AsObject().Select(property => property.Key), name => Assert.NotNull(message[name]));
        Assert.Null(message["webhook"]);
        Assert.DoesNotContain("secret", message.ToJsonString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(PredictionKind.Compose)]
    [InlineData(PredictionKind.Generate)]
    public void Every_property_but_the_webhook_is_in_a_message(PredictionKind kind)
    {
        var created = FullPrediction.Create(DateTimeOffset.UnixEpoch, kind);

        var read = QueuedPrediction.Read((QueuedPrediction.Of(created) with { InputAt = "every/1", PlanAt = "every/2" }).Write());

        Assert.Equal(("every/1", "every/2"), (read.InputAt, read.PlanAt));
        Assert.Null(read.Created.Webhook);
        FullPrediction.AssertSame(created, read.Created with { Webhook = created.Webhook });
    }

    [Fact]
    public void The_state_of_a_log_is_read_and_written_under_its_old_names()
    {
        const string Written =
            """{"last":3,"status":"Processing","cancelRequested":true,"lease":"a","leaseWrote":"b","attempts":2,"lost":1,"isTerminal":false}""";

        var state = StoredJson.Read<LogState>(Encoding.UTF8.GetBytes(Written));

        Assert.Equal(new PredictionState(PredictionStatus.Processing, CancelRequested: true), state.State);
        Assert.Equal(Written, Encoding.UTF8.GetString(StoredJson.Write(state)));
    }
}
