using System.Text.Json.Nodes;
using LoraHub.Core;
using LoraHub.Core.Predictions;
using LoraHub.Storage.Distributed;
using LoraHub.Storage.Tests.Contracts;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace LoraHub.Storage.Tests.Distributed;

/// <summary>Queue and event log on NATS alone: processes that are lost, and a server that is.</summary>
public sealed class WorkQueueTests(NatsServer shared) : IAsyncLifetime
{
    static readonly TimeSpan Lease = TimeSpan.FromSeconds(2);

    readonly string _prefix = "test-" + PredictionId.New();
    readonly List<Node> _nodes = [];
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
    public async Task What_was_put_into_the_queue_is_leased_as_it_was_given()
    {
        var node = NewNode();
        var created = await node.CreateAsync();

        await using var lease = await node.LeaseAsync();

        Assert.Equal(created.Id, lease.Prediction.Id);
        Assert.Equal(42, (int)lease.Prediction.Input["seed"]!);
        Assert.Equal(created.CreatedAt, lease.Prediction.CreatedAt);
        Assert.Equal(1, lease.Attempt);
    }

    [Fact]
    public async Task A_lost_workers_prediction_is_leased_again_after_its_time_and_not_before()
    {
        var lost = NewNode();
        var created = await lost.CreateAsync();
        var lease = await lost.LeaseAsync();
        Assert.True(await lease.AppendAsync(new PredictionEvent.Started()));
        await lost.DisposeAsync(); // its connection is gone, and with it every sign of life
        var start = TimeProvider.System.GetTimestamp();

        await using var again = await NewNode().LeaseAsync().WaitAsync(Wait.Limit, Cancellation);

        Assert.InRange(TimeProvider.System.GetElapsedTime(start), Lease / 3, Lease * 3);
        Assert.Equal(created.Id, again.Prediction.Id);
        Assert.Equal(2, again.Attempt);
    }

    [Fact]
    public async Task Signs_of_life_hold_a_lease_beyond_its_time()
    {
        var node = NewNode();
        await node.CreateAsync();
        await using var lease = await node.LeaseAsync();
        await lease.AppendAsync(new PredictionEvent.Started());
        using var limit = new CancellationTokenSource(Lease * 2.5);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => NewNode().Queue.LeaseAsync(limit.Token));

        Assert.False(lease.Canceled.IsCancellationRequested);
        Assert.True(await lease.AppendAsync(new PredictionEvent.Succeeded()));
    }

    [Fact]
    public async Task A_late_write_of_a_worker_that_counted_as_lost_is_refused_even_before_the_next_one_wrote()
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
        Assert.Equal(younger.Id, lease.Prediction.Id);
        Assert.Equal(PredictionStatus.Failed, (await last.Log.EndAsync(created.Id, Cancellation)).State.Status);
    }

    [Fact]
    public async Task A_wish_to_cancel_survives_the_loss_of_the_worker()
    {
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
        Assert.Equal(younger.Id, other.Prediction.Id);
    }

    [Fact]
    public async Task A_prediction_that_was_put_into_the_queue_twice_is_done_once()
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
        Assert.Equal(younger.Id, next.Prediction.Id);
    }

    [Fact]
    public async Task A_server_that_is_killed_in_the_middle_of_a_lease_loses_nothing()
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
        Assert.Equal(waiting.Id, other.Prediction.Id);
        Assert.True(await lease.AppendAsync(new PredictionEvent.Succeeded()));
        var end = await node.Log.EndAsync(created.Id, Cancellation);
        Assert.Equal((3, PredictionStatus.Succeeded), (end.State.Last, end.State.Status));
    }

    static async Task UntilAsync(Node node, string id, Func<LogState, bool> isSo)
    {
        using var limit = new CancellationTokenSource(Wait.Limit);
        while (!isSo((await node.Log.EndAsync(id, limit.Token)).State))
        {
            await Task.Delay(20, limit.Token);
        }
    }

    async Task UseOwnServerAsync()
    {
        _own = new NatsServer();
        await _own.InitializeAsync();
    }

    Node NewNode()
    {
        var node = new Node((_own ?? shared).Url, _prefix, Lease);
        _nodes.Add(node);
        return node;
    }

    /// <summary>A process of the deployment. Disposing it does not dispose its leases: it is lost.</summary>
    sealed class Node : IAsyncDisposable
    {
        readonly Broker _broker;

        public Node(string url, string prefix, TimeSpan lease)
        {
            _broker = new Broker(Options.Create(new DistributedOptions { Nats = url, Prefix = prefix }), NullLogger<Broker>.Instance);
            var large = new LargeContents(_broker);
            Log = new EventLog(_broker, large, TimeProvider.System);
            Queue = new WorkQueue(_broker, Log, large, Options.Create(new QueueOptions { Lease = lease, MaxAttempts = 2 }));
        }

        public EventLog Log { get; }

        public WorkQueue Queue { get; }

        public async Task<Prediction> CreateAsync()
        {
            var created = new Prediction
            {
                Id = PredictionId.New(),
                Input = new JsonObject { ["seed"] = 42 },
                Origin = "http://localhost",
                CreatedAt = TimeProvider.System.GetUtcNow(),
            };
            await Queue.PublishAsync(created, Cancellation);
            return created;
        }

        public Task<IPredictionLease> LeaseAsync() => Queue.LeaseAsync(Cancellation);

        public async ValueTask DisposeAsync()
        {
            await _broker.DisposeAsync();
        }
    }
}
