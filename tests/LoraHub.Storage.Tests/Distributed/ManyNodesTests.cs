using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using LoraHub.Core;
using LoraHub.Core.Predictions;
using LoraHub.Storage.Distributed;
using LoraHub.Storage.Records;
using LoraHub.Storage.Tests.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace LoraHub.Storage.Tests.Distributed;

/// <summary>How API nodes and workers cooperate, and their behavior during an outage of a server.</summary>
public sealed class ManyNodesTests(NatsServer nats, PostgresServer postgres)
{
    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Any_node_can_cancel_read_and_stream_predictions_of_another()
    {
        await using var engine = await DistributedEngine.StartAsync(nats, postgres);
        var other = await engine.StartNodeAsync();
        var created = await engine.CreateAsync();
        await using var lease = await engine.LeaseAsync();
        await lease.AppendAsync(new PredictionEvent.Started());
        await using var reader = other.GetRequiredService<IPredictionEvents>().ReadAsync(created.Id, 0, Cancellation).WithLimit()
            .GetAsyncEnumerator(Cancellation);
        Assert.True(await reader.MoveNextAsync());
        var told = new TaskCompletionSource();
        await using var registration = lease.Canceled.Register(told.SetResult);

        Assert.True(await other.GetRequiredService<IPredictionQueue>().CancelAsync(created.Id, Cancellation));

        Assert.True((await engine.Store.FindAsync(created.Id, Cancellation))!.CancelRequested); // at once, before the records catch up
        await told.Task.WaitAsync(Wait.Limit, Cancellation);
        Assert.True(await reader.MoveNextAsync());
        Assert.IsType<PredictionEvent.CancelRequested>(reader.Current.Event);
        await lease.AppendAsync(new PredictionEvent.Canceled());
        Assert.True(await reader.MoveNextAsync());
        Assert.Equal(PredictionStatus.Canceled, (await other.GetRequiredService<IPredictionStore>().FindAsync(created.Id, Cancellation))!.Status);
        Assert.False(await reader.MoveNextAsync());
    }

    [Fact]
    public async Task Any_number_of_nodes_records_events_once_and_in_order()
    {
        await using var engine = await DistributedEngine.StartAsync(nats, postgres);
        for (var i = 0; i < 2; i++)
        {
            await engine.StartNodeAsync();
        }

        var created = new ConcurrentBag<string>();
        for (var i = 0; i < 4; i++)
        {
            created.Add((await engine.CreateAsync()).Id);
        }

        await Task.WhenAll(created.Select(_ => Task.Run(WorkAsync)));

        foreach (var id in created)
        {
            var read = await engine.ReadAsync(id);
            Assert.Equal(Enumerable.Range(1, 302).Select(number => (long)number), read.Select(recorded => recorded.Sequence));
            Assert.Equal(Enumerable.Range(0, 300).Select(line => $"{line}\n"),
                read.Select(recorded => recorded.Event).OfType<PredictionEvent.Logged>().Select(logged => logged.Text));
        }

        async Task WorkAsync()
        {
            await using var lease = await engine.LeaseAsync();
            await lease.AppendAsync(new PredictionEvent.Started());
            for (var line = 0; line < 300; line++)
            {
                await lease.LogAsync($"{line}");
            }

            await lease.AppendAsync(new PredictionEvent.Succeeded());
        }
    }

    [Fact]
    public async Task Data_too_large_for_a_message_is_delivered_and_cleaned_up()
    {
        await using var engine = await DistributedEngine.StartAsync(nats, postgres);
        var text = new string('ä', 2_000_000);
        var created = engine.NewPrediction() with { Input = new JsonObject { ["examples"] = text } };
        Assert.Equal(Creation.Created, await engine.Store.CreateAsync(created, capacity: 10, Cancellation));

        await using var lease = await engine.LeaseAsync();
        Assert.Equal(text, (string)lease.Created.Input["examples"]!);
        Assert.True(await lease.AppendAsync([new PredictionEvent.Started(), new PredictionEvent.Logged(text + "\n"), new PredictionEvent.Succeeded()],
            Cancellation));

        Assert.Equal(3, (await engine.ReadAsync(created.Id)).Count);
        Assert.Equal(text + "\n", (await engine.FindAsync(created.Id)).Logs);
        var broker = engine.Services.GetRequiredService<Broker>();
        Assert.Empty(await (await broker.StreamsAsync(Cancellation)).Large.AllAsync(Cancellation));
    }

    [Fact]
    public async Task A_prompt_too_large_for_a_message_is_delivered_and_cleaned_up()
    {
        await using var engine = await DistributedEngine.StartAsync(nats, postgres);
        var prompt = new string('ä', 2_000_000);
        var created = FullPrediction.Create(engine.Time.GetUtcNow(), PredictionKind.Generate);
        created = created with
        {
            Input = new JsonObject { ["prompt"] = prompt },
            Plan = created.Plan switch { GenerationPlan plan => plan with { Input = plan.Input with { Prompt = prompt } }, var other => other },
        };
        Assert.Equal(Creation.Created, await engine.Store.CreateAsync(created, capacity: 10, Cancellation));

        await using var lease = await engine.LeaseAsync(PredictionKind.Generate);
        FullPrediction.AssertSame(created, lease.Created with { Webhook = created.Webhook });
        Assert.True(await lease.AppendAsync([new PredictionEvent.Started(), new PredictionEvent.Generated(0, prompt), new PredictionEvent.Succeeded()],
            Cancellation));

        Assert.Equal([prompt], (await engine.FindAsync(created.Id)).Output!.Text!);
        var broker = engine.Services.GetRequiredService<Broker>();
        Assert.Empty(await (await broker.StreamsAsync(Cancellation)).Large.AllAsync(Cancellation));
    }

    [Fact]
    public async Task Predictions_created_during_a_NATS_outage_run_after_it()
    {
        await using var own = new NatsServer();
        nats.UrlOrSkip();
        await own.InitializeAsync();
        await using var engine = await DistributedEngine.StartAsync(own, postgres);
        Assert.Empty(await ProblemsAsync(engine.Services));

        await own.KillAsync();
        var created = await engine.CreateAsync().WaitAsync(Wait.Limit, Cancellation);
        Assert.Contains("NATS", Assert.Single(await ProblemsAsync(engine.Services)));
        await Assert.ThrowsAsync<StorageUnavailableException>(() => engine.CancelAsync(created.Id)); // the cancellation was not acknowledged
        await own.StartAsync();

        await using var lease = await LeaseWithRetriesAsync(engine);
        Assert.Equal(created.Id, lease.Created.Id);
        Assert.True(await lease.AppendAsync([new PredictionEvent.Started(), new PredictionEvent.Succeeded()], Cancellation));
        Assert.Equal(2, (await engine.ReadAsync(created.Id)).Count);
        Assert.Empty(await ProblemsAsync(engine.Services));
    }

    [Fact]
    public async Task Workers_continue_during_a_PostgreSQL_outage_without_losing_events()
    {
        await using var own = new PostgresServer();
        await postgres.NewDatabaseOrSkipAsync();
        await own.InitializeAsync();
        await using var engine = await DistributedEngine.StartAsync(nats, own);
        var created = await engine.CreateAsync();
        await using var lease = await engine.LeaseAsync();
        await lease.AppendAsync(new PredictionEvent.Started());

        await own.KillAsync();
        Assert.True(await lease.AppendAsync([new PredictionEvent.Logged("said while PostgreSQL was away\n"), new PredictionEvent.Succeeded()],
            Cancellation));
        await Assert.ThrowsAsync<StorageUnavailableException>(() => engine.Store.CreateAsync(engine.NewPrediction(), capacity: 10, Cancellation));
        await Assert.ThrowsAsync<StorageUnavailableException>(() => engine.Store.FindAsync(created.Id, Cancellation));
        Assert.Contains("PostgreSQL", Assert.Single(await ProblemsAsync(engine.Services)));
        await own.StartAsync();

        await engine.SettleAsync();
        Assert.Equal(PredictionStatus.Succeeded, (await engine.FindAsync(created.Id)).Status);
        Assert.Equal(3, (await engine.ReadAsync(created.Id)).Count);
    }

    [Fact]
    public async Task The_log_of_a_prediction_is_removed_a_day_after_its_end_and_its_record_stays()
    {
        await using var engine = await DistributedEngine.StartAsync(nats, postgres);
        var ended = await engine.CreateAsync();
        await engine.CancelAsync(ended.Id);
        await engine.CreateAsync();
        await using var lease = await engine.LeaseAsync();
        await lease.AppendAsync(new PredictionEvent.Started());
        await engine.SettleAsync();
        engine.Time.Advance(TimeSpan.FromDays(2));

        var log = engine.Services.GetRequiredService<EventLog>();
        using var limit = new CancellationTokenSource(Wait.Limit);
        do
        {
            await engine.Services.GetRequiredService<LogCleaning>().CleanAsync(limit.Token);
        }
        while ((await log.EndAsync(ended.Id, limit.Token)).Sequence != 0); // it leaves the queue first, to which the outbox may have sent it twice

        Assert.NotEqual(0u, (await log.EndAsync(lease.Created.Id, Cancellation)).Sequence);
        Assert.Equal(PredictionStatus.Canceled, (await engine.FindAsync(ended.Id)).Status);
        Assert.True(await engine.CancelAsync(ended.Id));
        Assert.True(await lease.AppendAsync(new PredictionEvent.Succeeded()));
    }

    [Fact]
    public async Task The_services_keys_are_the_same_on_all_nodes()
    {
        await using var engine = await DistributedEngine.StartAsync(nats, postgres);
        var other = await engine.StartNodeAsync();

        var ours = await KeyAsync(engine.Services, "stream");

        Assert.Equal(32, ours.Length);
        Assert.Equal(ours, await KeyAsync(other, "stream"));
        Assert.NotEqual(ours, await KeyAsync(other, "files"));

        static async Task<byte[]> KeyAsync(IServiceProvider node, string name)
        {
            await node.GetRequiredService<ServerKeys>().ExecuteTask!.WaitAsync(Wait.Limit, Cancellation);
            return node.GetRequiredService<IServiceKeys>().KeyOf(name);
        }
    }

    static async Task<IReadOnlyList<string>> ProblemsAsync(IServiceProvider node)
    {
        var troubles = await Task.WhenAll(node.GetServices<IEngineHealth>().Select(part => part.CheckAsync(Cancellation)));
        return [.. troubles.OfType<string>()];
    }

    /// <summary>Retries, as a worker does.</summary>
    static async Task<IPredictionLease> LeaseWithRetriesAsync(Engine engine)
    {
        using var limit = new CancellationTokenSource(Wait.Limit);
        while (true)
        {
            try
            {
                return await engine.Queue.LeaseAsync(PredictionKind.Compose, limit.Token);
            }
            catch (Exception exception) when (Broker.IsTransient(exception) && !limit.IsCancellationRequested)
            {
                await Task.Delay(100, limit.Token);
            }
        }
    }
}
