using LoraHub.Core.Predictions;
using LoraHub.Storage.Distributed;
using LoraHub.Storage.Records;
using LoraHub.Storage.Tests.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace LoraHub.Storage.Tests.Distributed;

/// <summary>The event log of a prediction goes after the message that offers the prediction to workers.</summary>
public sealed class LogCleaningTests(NatsServer nats, PostgresServer postgres)
{
    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(10)]
    [InlineData(2_000_000)] // its input is not in the message
    public async Task A_prediction_canceled_in_a_queue_older_than_a_day_never_runs(int characters)
    {
        await using var engine = await DistributedEngine.StartAsync(nats, postgres);
        var canceled = engine.NewPrediction();
        canceled.Input["example_inputs"] = new string('x', characters);
        Assert.Equal(Creation.Created, await engine.Store.CreateAsync(canceled, capacity: 10, Cancellation));
        await UntilQueuedAsync(engine, canceled.Id);
        var outbox = engine.Services.GetServices<IHostedService>().OfType<Outbox>().Single();
        await outbox.StopAsync(Cancellation); // a sweep that had begun before would queue it again: two days pass in a moment here
        await engine.CancelAsync(canceled.Id);
        await engine.SettleAsync();
        engine.Time.Advance(TimeSpan.FromDays(2));
        await outbox.StartAsync(Cancellation);
        var next = await engine.CreateAsync();
        var cleaning = engine.Services.GetRequiredService<LogCleaning>();

        await cleaning.CleanAsync(Cancellation);
        await cleaning.CleanAsync(Cancellation);

        await using var lease = await engine.LeaseAsync();
        Assert.Equal(next.Id, lease.Created.Id);
        Assert.Equal(0u, (await engine.Services.GetRequiredService<EventLog>().EndAsync(canceled.Id, Cancellation)).Sequence);
        Assert.Equal(PredictionStatus.Canceled, (await engine.FindAsync(canceled.Id)).Status);
        var streams = await engine.Services.GetRequiredService<Broker>().StreamsAsync(Cancellation);
        Assert.DoesNotContain(await streams.Large.AllAsync(Cancellation), content => content.Name.StartsWith(canceled.Id, StringComparison.Ordinal));
    }

    /// <summary>On a busy machine, that is after the creation.</summary>
    static async Task UntilQueuedAsync(DistributedEngine engine, string id)
    {
        using var limit = new CancellationTokenSource(Wait.Limit);
        await using var records = await engine.Services.GetRequiredService<IDbContextFactory<RecordsContext>>().CreateDbContextAsync(limit.Token);
        while (!await records.Predictions.AnyAsync(row => row.Id == id && row.Enqueued, limit.Token))
        {
            await Task.Delay(20, limit.Token);
        }
    }
}
