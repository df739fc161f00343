using LoraHub.Core.Predictions;
using LoraHub.Storage.Distributed;
using LoraHub.Storage.Tests.Contracts;
using NATS.Client.Core;

namespace LoraHub.Storage.Tests.Distributed;

/// <summary>Queue and event log on NATS alone: lost processes and a lost server.</summary>
public sealed class WorkQueueTests(NatsServer shared) : IAsyncLifetime
{
    readonly string _prefix = "test-" + PredictionId.New();
    readonly List<WorkNode> _nodes = [];
    TimeSpan _validity = WorkNode.Lease;
    NatsServer? _own;

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        shared.UrlOrSkip();
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
        {
            await node.DisposeAsync();
        }

        if (_own is not null)
        {
            await _own.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_queued_prediction_is_leased_unchanged()
    {
        var node = NewNode();
        var created = await node.CreateAsync();

        await using var lease = await node.LeaseAsync();

        Assert.Equal(created.Id, lease.Created.Id);
        Assert.Equal(42, (int)lease.Created.Input["seed"]!);
        Assert.Equal(created.CreatedAt, lease.Created.CreatedAt);
        Assert.Equal(1, lease.Attempt);
    }

    [Fact]
    public async Task A_lost_workers_prediction_is_leased_again_after_its_time_and_not_before()
    {
        _validity = WorkNode.ShortLease;
        var lost = NewNode();
        var created = await lost.CreateAsync();
        var start = TimeProvider.System.GetTimestamp(); // before the lease begins
        var lease = await lost.LeaseAsync();
        Assert.True(await lease.AppendAsync(new PredictionEvent.Started()));
        await lost.DisposeAsync(); // closes its connection, which ends its heartbeats

        await using var again = await NewNode().LeaseAsync().WaitAsync(Wait.Limit, Cancellation);

        Assert.True(TimeProvider.System.GetElapsedTime(start) > _validity / 2, "It was leased again before its time.");
        Assert.Equal(created.Id, again.Created.Id);
        Assert.Equal(2, again.Attempt);
    }

    [Fact]
    public async Task Heartbeats_extend_a_lease()
    {
        const int Heartbeats = 4; // there are three in the time of a lease
        _validity = WorkNode.ShortLease;
        var node = NewNode();
        await node.CreateAsync();
        await using var server = new NatsConnection(NatsOpts.Default with { Url = shared.Url });
        await using var acknowledgments = await server.SubscribeCoreAsync<string>(
            $"$JS.ACK.{(await node.QueueStreamAsync()).Info.Config.Name}.>", cancellationToken: Cancellation);
        await using var lease = await node.LeaseAsync();
        await lease.AppendAsync(new PredictionEvent.Started());

        using var limit = new CancellationTokenSource(Wait.Limit);
        for (var heartbeat = 0; heartbeat < Heartbeats; heartbeat++)
        {
            Assert.Equal("+WPI", (await acknowledgments.Msgs.ReadAsync(limit.Token)).Data); // NATS begins the lease's time anew
        }

        Assert.False(lease.Canceled.IsCancellationRequested);
        Assert.True(await lease.AppendAsync(new PredictionEvent.Succeeded()));
    }

    [Fact]
    public async Task A_late_write_of_a_lost_worker_is_refused_before_the_next_worker_writes()
    {
        var node = NewNode();
        var created = await node.CreateAsync();
        var lost = await node.LeaseAsync();
        await lost.AppendAsync(new PredictionEvent.Started());
        var before = await node.Log.EndAsync(created.Id, Cancellation);
        await node.Log.AppendAsync(created.Id, before, state => new Step([], state with { Lease = "another" }), Cancellation);

        Assert.False(await lost.AppendAsync(new PredictionEvent.Succeeded()));

        Assert.True(lost.Canceled.IsCancellationRequested);
        Assert.Equal(PredictionStatus.Processing, (await node.Log.EndAsync(created.Id, Cancellation)).State.Status);
        await lost.DisposeAsync();
    }

    [Fact]
    public async Task A_prediction_whose_workers_are_lost_too_often_fails()
    {
        _validity = WorkNode.ShortLease;
        var created = await NewNode().CreateAsync();
        for (var attempt = 1; attempt <= 2; attempt++)
        {
            var node = NewNode();
            Assert.Equal(attempt, (await node.LeaseAsync().WaitAsync(Wait.Limit, Cancellation)).Attempt);
            await node.DisposeAsync();
        }

        var last = NewNode();
        var next = last.LeaseAsync();
        await UntilAsync(last, created.Id, state => state.IsTerminal);
        var younger = await last.CreateAsync();

        await using var lease = await next.WaitAsync(Wait.Limit, Cancellation);
        Assert.Equal(younger.Id, lease.Created.Id);
        Assert.Equal(PredictionStatus.Failed, (await last.Log.EndAsync(created.Id, Cancellation)).State.Status);
    }

    [Fact]
    public async Task A_cancellation_request_survives_the_loss_of_the_worker()
    {
        _validity = WorkNode.ShortLease;
        var lost = NewNode();
        var created = await lost.CreateAsync();
        var lease = await lost.LeaseAsync();
        await lease.AppendAsync(new PredictionEvent.Started());
        await lost.DisposeAsync();
        var node = NewNode();

        Assert.False((await node.Queue.CancelAsync(created.Id, Cancellation)).IsTerminal);
        var next = node.LeaseAsync();

        await UntilAsync(node, created.Id, state => state.Status == PredictionStatus.Canceled);
        var younger = await node.CreateAsync();
        await using var other = await next.WaitAsync(Wait.Limit, Cancellation);
        Assert.Equal(younger.Id, other.Created.Id);
    }

    [Fact]
    public async Task A_prediction_queued_twice_runs_once()
    {
        var node = NewNode();
        var created = await node.CreateAsync();
        await node.Queue.PublishAsync(created, Cancellation);
        await using var lease = await node.LeaseAsync();
        var other = node.LeaseAsync();

        await lease.AppendAsync(new PredictionEvent.Started());
        await lease.AppendAsync(new PredictionEvent.Succeeded());
        var younger = await node.CreateAsync();

        await using var next = await other.WaitAsync(Wait.Limit, Cancellation);
        Assert.Equal(younger.Id, next.Created.Id);
    }

    [Fact]
    public async Task A_worker_gets_only_predictions_for_its_hardware()
    {
        var (cpu, gpu) = (NewNode("cpu"), NewNode("gpu"));
        var forGpu = await cpu.CreateAsync("gpu");
        var forCpu = await gpu.CreateAsync("cpu");

        await using var first = await cpu.LeaseAsync().WaitAsync(Wait.Limit, Cancellation);
        await using var second = await gpu.LeaseAsync().WaitAsync(Wait.Limit, Cancellation);

        Assert.Equal((forCpu.Id, forGpu.Id), (first.Created.Id, second.Created.Id));
    }

    [Fact]
    public async Task A_worker_gets_only_predictions_of_its_hardware_and_kind()
    {
        var (cpu, gpu) = (NewNode("cpu"), NewNode("gpu"));
        var composing = await gpu.CreateAsync("cpu");
        var forGpu = await cpu.CreateAsync("gpu", PredictionKind.Generate);
        var forCpu = await gpu.CreateAsync("cpu", PredictionKind.Generate);

        await using var first = await cpu.Queue.LeaseAsync(PredictionKind.Generate, Cancellation).WaitAsync(Wait.Limit, Cancellation);
        await using var second = await gpu.Queue.LeaseAsync(PredictionKind.Generate, Cancellation).WaitAsync(Wait.Limit, Cancellation);
        await using var third = await cpu.LeaseAsync().WaitAsync(Wait.Limit, Cancellation);

        Assert.Equal((forCpu.Id, forGpu.Id, composing.Id), (first.Created.Id, second.Created.Id, third.Created.Id));
    }

    [Fact]
    public async Task A_server_killed_during_a_lease_loses_nothing()
    {
        await UseOwnServerAsync();
        var node = NewNode();
        var created = await node.CreateAsync();
        var waiting = await node.CreateAsync();
        await using var lease = await node.LeaseAsync();
        await lease.AppendAsync(new PredictionEvent.Started());

        await _own!.KillAsync();
        var late = lease.AppendAsync(new PredictionEvent.Logged("said while the server was away\n"));
        await _own.StartAsync();

        Assert.True(await late.WaitAsync(Wait.Limit, Cancellation));
        await using var other = await NewNode().LeaseAsync().WaitAsync(Wait.Limit, Cancellation);
        Assert.Equal(waiting.Id, other.Created.Id);
        Assert.True(await lease.AppendAsync(new PredictionEvent.Succeeded()));
        var end = await node.Log.EndAsync(created.Id, Cancellation);
        Assert.Equal((3, PredictionStatus.Succeeded), (end.State.Last, end.State.Status));
    }

    static async Task UntilAsync(WorkNode node, string id, Func<LogState, bool> condition)
    {
        using var limit = new CancellationTokenSource(Wait.Limit);
        while (!condition((await node.Log.EndAsync(id, limit.Token)).State))
        {
            await Task.Delay(20, limit.Token);
        }
    }

    async Task UseOwnServerAsync()
    {
        _own = new NatsServer();
        await _own.InitializeAsync();
    }

    WorkNode NewNode(string hardware = "cpu")
    {
        var node = new WorkNode((_own ?? shared).Url, _prefix, hardware, _validity);
        _nodes.Add(node);
        return node;
    }
}
