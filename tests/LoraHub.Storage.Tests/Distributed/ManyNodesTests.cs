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

/// <summary>What API nodes and workers see of each other, and what they do while a server is away.</summary>
public sealed class ManyNodesTests(NatsServer nats, PostgresServer postgres)
{
    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Any_node_cancels_reads_and_follows_what_another_created()
    {
        await using var engine = await DistributedEngine.StartAsync(nats, postgres);
        var other = await engine.StartNodeAsync();
        var created = await engine.CreateAsync();
        await using var lease = await engine.LeaseAsync();
        await lease.AppendAsync(new PredictionEvent.Started());
        await using var reader = other.GetRequiredService<IPredictionEvents>().ReadAsync(created.Id, 0, Cancellation).WithLimit().GetAsyncEnumerator(Cancellation);
        Assert.True(await reader.MoveNextAsync());
        var told = new TaskCompletionSource();
        await using var registration = lease.Canceled.Register(told.SetResult);

        Assert.True(await other.GetRequiredService<IPredictionQueue>().CancelAsync(created.Id, Cancellation));

        Assert.True((await engine.Store.FindAsync(created.Id, Cancellation))!.CancelRequested); // at once, and not only when things have settled
        await told.Task.WaitAsync(Wait.Limit, Cancellation);
        Assert.True(await reader.MoveNextAsync());
        Assert.IsType<PredictionEvent.CancelRequested>(reader.Current.Event);
        await lease.AppendAsync(new PredictionEvent.Canceled());
        Assert.True(await reader.MoveNextAsync());
        Assert.Equal(PredictionStatus.Canceled, (await other.GetRequiredService<IPredictionStore>().FindAsync(created.Id, Cancellation))!.Status);
        Assert.False(await reader.MoveNextAsync());
    }

    [Fact]
    public async Task Events_are_recorded_in_order_and_once_by_however_many_nodes()
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
            Assert.Equal(Enumerable.Range(0, 300).Select(line => $"{line}\n"), read.Select(recorded => recorded.Event).OfType<PredictionEvent.Logged>().Select(logged => logged.Text));
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
    public async Task What_is_too_large_for_a_message_comes_through_and_leaves_nothing_behind()
    {
        await using var engine = await DistributedEngine.StartAsync(nats, postgres);
        var text = new string('ä', 2_000_000);
        var created = engine.NewPrediction() with { Input = new JsonObject { ["examples"] = text } };
        Assert.Equal(Creation.Created, await engine.Store.CreateAsync(created, capacity: 10, Cancellation));

        await using var lease = await engine.LeaseAsync();
        Assert.Equal(text, (string)lease.Prediction.Input["examples"]!);
        Assert.True(await lease.AppendAsync([new PredictionEvent.Started(), new PredictionEvent.Logged(text + "\n"), new PredictionEvent.Succeeded()], Cancellation));

        Assert.Equal(3, (await engine.ReadAsync(created.Id)).Count);
        Assert.Equal(text + "\n", (await engine.FindAsync(created.Id)).Logs);
        var broker = engine.Services.GetRequiredService<Broker>();
        Assert.Empty(await (await broker.StreamsAsync(Cancellation)).Large.AllAsync(Cancellation));
    }

    [Fact]
    public async Task What_is_created_while_NATS_is_away_is_done_when_it_is_back()
    {
        await using var own = new NatsServer();
        nats.UrlOrSkip();
        await own.InitializeAsync();
        await using var engine = await DistributedEngine.StartAsync(own, postgres);
        Assert.Empty(await TroublesAsync(engine.Services));

        await own.KillAsync();
        var created = await engine.CreateAsync().WaitAsync(Wait.Limit, Cancellation);
        Assert.Contains("NATS", Assert.Single(await TroublesAsync(engine.Services)));
        await Assert.ThrowsAsync<StorageUnavailableException>(() => engine.CancelAsync(created.Id)); // what was not promised need not be kept
        await own.StartAsync();

        await using var lease = await LeaseWhenBackAsync(engine);
        Assert.Equal(created.Id, lease.Prediction.Id);
        Assert.True(await lease.AppendAsync([new PredictionEvent.Started(), new PredictionEvent.Succeeded()], Cancellation));
        Assert.Equal(2, (await engine.ReadAsync(created.Id)).Count);
        Assert.Empty(await TroublesAsync(engine.Services));
    }

    [Fact]
    public async Task Workers_go_on_while_PostgreSQL_is_away_and_nothing_they_say_is_lost()
    {
        await using var own = new PostgresServer();
        await postgres.NewDatabaseOrSkipAsync();
        await own.InitializeAsync();
        await using var engine = await DistributedEngine.StartAsync(nats, own);
        var created = await engine.CreateAsync();
        await using var lease = await engine.LeaseAsync();
        await lease.AppendAsync(new PredictionEvent.Started());

        await own.KillAsync();
        Assert.True(await lease.AppendAsync([new PredictionEvent.Logged("said while PostgreSQL was away\n"), new PredictionEvent.Succeeded()], Cancellation));
        await Assert.ThrowsAsync<StorageUnavailableException>(() => engine.Store.CreateAsync(engine.NewPrediction(), capacity: 10, Cancellation));
        await Assert.ThrowsAsync<StorageUnavailableException>(() => engine.Store.FindAsync(created.Id, Cancellation));
        Assert.Contains("PostgreSQL", Assert.Single(await TroublesAsync(engine.Services)));
        await own.StartAsync();

        await engine.SettleAsync();
        Assert.Equal(PredictionStatus.Succeeded, (await engine.FindAsync(created.Id)).Status);
        Assert.Equal(3, (await engine.ReadAsync(created.Id)).Count);
    }

    [Fact]
    public async Task The_log_of_what_ended_a_day_ago_is_removed_and_its_record_stays()
    {
        await using var engine = await DistributedEngine.StartAsync(nats, postgres);
        var ended = await engine.CreateAsync();
        await engine.CancelAsync(ended.Id);
        await engine.CreateAsync();
        await using var lease = await engine.LeaseAsync();
        await lease.AppendAsync(new PredictionEvent.Started());
        await engine.SettleAsync();
        engine.Time.Advance(TimeSpan.FromDays(2));

        await engine.Services.GetRequiredService<LogCleaning>().CleanAsync(Cancellation);

        var log = engine.Services.GetRequiredService<EventLog>();
        Assert.Equal(0u, (await log.EndAsync(ended.Id, Cancellation)).Sequence);
        Assert.NotEqual(0u, (await log.EndAsync(lease.Prediction.Id, Cancellation)).Sequence);
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

    static async Task<IReadOnlyList<string>> TroublesAsync(IServiceProvider node)
    {
        var troubles = await Task.WhenAll(node.GetServices<IEngineHealth>().Select(part => part.TroubleAsync(Cancellation)));
        return [.. troubles.OfType<string>()];
    }

    /// <summary>As a worker does: what cannot be asked for now is asked for again.</summary>
    static async Task<IPredictionLease> LeaseWhenBackAsync(Engine engine)
    {
        using var limit = new CancellationTokenSource(Wait.Limit);
        while (true)
        {
            try
            {
                return await engine.Queue.LeaseAsync(limit.Token);
            }
            catch (Exception exception) when (Broker.IsTrouble(exception) && !limit.IsCancellationRequested)
            {
                await Task.Delay(100, limit.Token);
            }
        }
    }
}
