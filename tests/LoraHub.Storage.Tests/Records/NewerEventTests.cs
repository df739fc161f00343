using LoraHub.Core.Predictions;
using LoraHub.Storage.Distributed;
using LoraHub.Storage.Records;
using LoraHub.Storage.Tests.Distributed;
using LoraHub.Storage.Tests.Embedded;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using DistributedEngine = LoraHub.Storage.Tests.Distributed.DistributedEngine;

namespace LoraHub.Storage.Tests.Records;

/// <summary>Events of kinds that only a newer version knows are kept, and hold up nothing.</summary>
public sealed class NewerEventTests(NatsServer nats, PostgresServer postgres)
{
    const string Json = """{"kind":"paused","Until":"tomorrow","deep":{"kind":"logged"}}""";

    static readonly PredictionEvent Paused = new PredictionEvent.Unknown("paused", Json);

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void An_unknown_kind_is_read_and_written_unchanged()
    {
        Assert.Equal(Paused, RecordJson.Read<PredictionEvent>(Json));
        Assert.Equal(Json, RecordJson.Write(Paused));
        var batch = StoredJson.Read<EventBatch>(StoredJson.Write(
            new EventBatch("id", 1, DateTimeOffset.UnixEpoch, [new PredictionEvent.Started(), Paused], new LogState())));
        Assert.Equal([new PredictionEvent.Started(), Paused], batch.Events);
    }

    [Fact]
    public void A_known_kind_is_read_in_either_spelling_of_its_properties()
    {
        Assert.Equal(new PredictionEvent.Logged("said"), RecordJson.Read<PredictionEvent>("""{"kind":"logged","Text":"said"}"""));
        Assert.Equal(new PredictionEvent.Logged("said"), RecordJson.Read<PredictionEvent>("""{"kind":"logged","text":"said"}"""));
    }

    [Fact]
    public async Task The_embedded_engine_passes_over_an_unknown_event_also_after_a_restart()
    {
        await using var engine = await EmbeddedEngine.StartAsync();
        var created = await engine.CreateAsync();
        await using (var lease = await engine.LeaseAsync())
        {
            Assert.True(await lease.AppendAsync([new PredictionEvent.Started(), Paused, new PredictionEvent.Logged("said\n")], Cancellation));
        }

        await engine.RestartAsync();
        await using var next = await engine.LeaseAsync();
        Assert.True(await next.AppendAsync([Paused, new PredictionEvent.Failed("why")], Cancellation));

        Assert.Equal([1, 3, 5], (await engine.ReadAsync(created.Id)).Select(recorded => recorded.Sequence));
        var found = await engine.FindAsync(created.Id);
        Assert.Equal((PredictionStatus.Failed, "said\n"), (found.Status, found.Logs));
    }

    [Fact]
    public async Task The_recorder_keeps_an_unknown_event_and_skips_a_message_that_it_cannot_read()
    {
        await using var engine = await DistributedEngine.StartAsync(nats, postgres);
        var broker = engine.Services.GetRequiredService<Broker>();
        var created = await engine.CreateAsync();
        await using var lease = await engine.LeaseAsync();
        var garbage = await broker.JetStream.PublishAsync(
            Subjects.EventsOf(broker.Prefix, PredictionId.New()), "[]"u8.ToArray(), cancellationToken: Cancellation);
        Assert.Null(garbage.Error);

        Assert.True(await lease.AppendAsync([new PredictionEvent.Started(), Paused, new PredictionEvent.Succeeded()], Cancellation));

        Assert.Equal(PredictionStatus.Succeeded, (await engine.FindAsync(created.Id)).Status);
        Assert.Equal([1, 3], (await engine.ReadAsync(created.Id)).Select(recorded => recorded.Sequence));
        await using var records = await engine.Services.GetRequiredService<IDbContextFactory<RecordsContext>>().CreateDbContextAsync(Cancellation);
        Assert.Equal(Json, (await records.Events.SingleAsync(row => row.PredictionId == created.Id && row.Sequence == 2, Cancellation)).Data);
    }
}
