using LoraHub.Core.Predictions;
using LoraHub.Storage.Tests.Contracts;
using NATS.Client.JetStream.Models;

namespace LoraHub.Storage.Tests.Distributed;

/// <summary>Trainings on NATS alone: lost workers, and workers and servers of an earlier version.</summary>
public sealed class TrainingQueueTests(NatsServer server) : IAsyncLifetime
{
    readonly string _prefix = "test-" + PredictionId.New();
    readonly List<WorkNode> _nodes = [];

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        server.UrlOrSkip();
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
        {
            await node.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_lost_workers_training_is_leased_again_with_its_last_checkpoint()
    {
        var lost = NewNode();
        var created = await lost.CreateAsync(kind: PredictionKind.Train);
        var lease = await lost.Queue.LeaseAsync(PredictionKind.Train, Cancellation);
        await lease.AppendAsync(new PredictionEvent.Started());
        await lost.Checkpoints.SaveAsync(created.Id, new MemoryStream([1]), Cancellation);
        await lost.Checkpoints.SaveAsync(created.Id, new MemoryStream([2]), Cancellation);
        using var content = new GatedStream();
        var unfinished = lost.Checkpoints.SaveAsync(created.Id, content, Cancellation);
        await content.Half.WaitAsync(Wait.Limit, Cancellation);
        await lost.DisposeAsync(); // in the middle of the next one
        content.Open();
        await Assert.ThrowsAnyAsync<Exception>(() => unfinished.WaitAsync(Wait.Limit, Cancellation));

        var node = NewNode();
        await using var again = await node.Queue.LeaseAsync(PredictionKind.Train, Cancellation).WaitAsync(Wait.Limit, Cancellation);

        Assert.Equal((created.Id, 2), (again.Created.Id, again.Attempt));
        await using (var checkpoint = await node.Checkpoints.OpenAsync(created.Id, Cancellation))
        {
            Assert.Equal(2, checkpoint!.ReadByte());
        }

        Assert.Equal([created.Id], await node.Checkpoints.ListAsync(Cancellation));
        Assert.NotEqual(0, await node.CountCheckpointMessagesAsync());
        await node.Checkpoints.DeleteAsync(created.Id, Cancellation);
        Assert.Equal(0, await node.CountCheckpointMessagesAsync()); // with what the lost worker had sent
    }

    [Fact]
    public async Task What_a_worker_sent_of_its_first_checkpoint_before_it_was_lost_is_listed_and_deleted()
    {
        var lost = NewNode();
        using var content = new GatedStream();
        var unfinished = lost.Checkpoints.SaveAsync("a-training", content, Cancellation);
        await content.Half.WaitAsync(Wait.Limit, Cancellation);
        await lost.DisposeAsync();
        content.Open();
        await Assert.ThrowsAnyAsync<Exception>(() => unfinished.WaitAsync(Wait.Limit, Cancellation));

        var node = NewNode();
        Assert.Equal(["a-training"], await node.Checkpoints.ListAsync(Cancellation));
        Assert.Null(await node.Checkpoints.OpenAsync("a-training", Cancellation));
        await node.Checkpoints.DeleteAsync("a-training", Cancellation);

        Assert.Empty(await node.Checkpoints.ListAsync(Cancellation));
        Assert.Equal(0, await node.CountCheckpointMessagesAsync());
    }

    [Fact]
    public async Task Servers_of_an_earlier_version_get_the_queue_of_trainings_and_its_workers_never_take_one()
    {
        var node = NewNode();
        var created = await node.CreateAsync(kind: PredictionKind.Train); // makes the streams
        var queue = await node.QueueStreamAsync();
        foreach (var old in (string[])["cpu", "cpu_generate"])
        {
            await queue.CreateOrUpdateConsumerAsync(
                new ConsumerConfig($"workers-{old}") { FilterSubject = $"{_prefix}.queue.{old}.*", AckPolicy = ConsumerConfigAckPolicy.Explicit },
                Cancellation);
        }

        await using var lease = await node.Queue.LeaseAsync(PredictionKind.Train, Cancellation).WaitAsync(Wait.Limit, Cancellation);

        Assert.Equal(created.Id, lease.Created.Id);
        var pending = new Dictionary<string, (long Pending, long Taken)>();
        await foreach (var consumer in queue.ListConsumersAsync(Cancellation))
        {
            pending[consumer.Info.Name] = ((long)consumer.Info.NumPending, consumer.Info.NumAckPending);
        }

        Assert.Equal(["workers-cpu", "workers-cpu_generate", "workers-cpu_train"], pending.Keys.Order());
        Assert.Equal((0, 1), pending["workers-cpu_train"]);
        Assert.All(["workers-cpu", "workers-cpu_generate"], (string name) => Assert.Equal((0, 0), pending[name]));
    }

    WorkNode NewNode()
    {
        var node = new WorkNode(server.Url, _prefix, "cpu", WorkNode.ShortLease);
        _nodes.Add(node);
        return node;
    }

    /// <summary>Gives a megabyte, waits for the gate, then gives another.</summary>
    sealed class GatedStream : MemoryStream
    {
        readonly TaskCompletionSource _half = NewSignal(), _gate = NewSignal();
        int _left = 2_000_000;

        public Task Half => _half.Task;

        public void Open() => _gate.SetResult();

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_left < 1_000_000)
            {
                _half.TrySetResult();
                await _gate.Task;
            }

            var bytes = Math.Min(buffer.Length, _left);
            _left -= bytes;
            return bytes;
        }

        static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
