using LoraHub.Core.Predictions;
using LoraHub.Storage.Distributed;
using Microsoft.Extensions.DependencyInjection;

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
        await engine.CancelAsync(canceled.Id);
        await engine.SettleAsync();
        engine.Time.Advance(TimeSpan.FromDays(2));
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
}
