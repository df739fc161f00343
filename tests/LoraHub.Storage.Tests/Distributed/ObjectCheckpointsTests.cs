using System.Security.Cryptography;
using LoraHub.Core;
using LoraHub.Core.Trainings;
using LoraHub.Storage.Distributed;
using LoraHub.Storage.Tests.Contracts;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace LoraHub.Storage.Tests.Distributed;

public sealed class ObjectCheckpointsTests(NatsServer server) : TrainingCheckpointsContract, IAsyncLifetime
{
    const int Megabyte = 1_000_000;

    readonly ObjectStoreNode _node = new(server);

    protected override ITrainingCheckpoints Checkpoints => Open(_node, "a");

    public ValueTask InitializeAsync()
    {
        server.UrlOrSkip();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    [Fact]
    public async Task Another_node_opens_the_checkpoint_and_deletes_it_for_all()
    {
        var bytes = RandomNumberGenerator.GetBytes(Megabyte);
        await SaveAsync(Id, bytes);
        var other = Open(_node, "b");

        await using (var opened = await other.OpenAsync(Id, Cancellation))
        {
            Assert.Equal(bytes.Length, opened!.Length);
        }

        await other.DeleteAsync(Id, Cancellation);
        Assert.Null(await ReadAsync(Id));
        Assert.Empty(await _node.SubjectsAsync("checkpoints"));
        Assert.Empty(Directory.EnumerateFiles(_node.Folder("b"), "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task NATS_own_client_reads_the_checkpoint()
    {
        var bytes = RandomNumberGenerator.GetBytes(Megabyte);
        await SaveAsync(Id, [1]);
        await SaveAsync(Id, bytes);

        var store = (await _node.Broker.StreamsAsync(Cancellation)).Checkpoints;

        Assert.Equal(bytes, await store.GetBytesAsync(Id, Cancellation)); // checks size, parts and digest
    }

    [Fact]
    public async Task A_damaged_checkpoint_is_none_and_can_be_replaced()
    {
        await SaveAsync(Id, RandomNumberGenerator.GetBytes(Megabyte));
        var stream = await _node.Broker.JetStream.GetStreamAsync($"OBJ_{_node.Broker.Prefix}-checkpoints", cancellationToken: Cancellation);
        Assert.True(await stream.TryDeleteAsync(1, Cancellation)); // its first part

        Assert.Null(await ReadAsync(Id));

        await SaveAsync(Id, [1, 2, 3]);
        Assert.Equal([1, 2, 3], await ReadAsync(Id));
    }

    [Fact]
    public async Task A_full_server_keeps_the_last_checkpoint_and_nothing_of_the_next()
    {
        await using var own = new NatsServer { MaxFileStore = 10 * Megabyte };
        await own.InitializeAsync();
        await using var node = new ObjectStoreNode(own);
        var checkpoints = Open(node, "a");
        for (var save = 0; save < 20; save++)
        {
            await checkpoints.SaveAsync(Id, new MemoryStream(new byte[2 * Megabyte]), Cancellation); // two at once at most
        }

        var refused = await Assert.ThrowsAsync<StorageUnavailableException>(
            () => checkpoints.SaveAsync(Id, new MemoryStream(new byte[20 * Megabyte]), Cancellation));

        Assert.True(refused.IsFull);
        await using (var last = await checkpoints.OpenAsync(Id, Cancellation))
        {
            Assert.Equal(2 * Megabyte, last!.Length);
        }

        await checkpoints.SaveAsync(Id, new MemoryStream(new byte[3 * Megabyte]), Cancellation);
    }

    protected override async Task AssertNothingElseIsKeptAsync()
    {
        Assert.Equal(2 * (await Checkpoints.ListAsync(Cancellation)).Count, (await _node.SubjectsAsync("checkpoints")).Count); // parts and record
        Assert.Empty(Directory.EnumerateFiles(_node.Folder("a"), "*", SearchOption.AllDirectories));
    }

    /// <summary>A save during another one may be refused: the record has changed meanwhile.</summary>
    protected override async Task TrySaveAsync(string id, byte[] content)
    {
        try
        {
            await SaveAsync(id, content);
        }
        catch (StorageUnavailableException)
        {
            // The other one is stored.
        }
    }

    static ObjectCheckpoints Open(ObjectStoreNode node, string name) =>
        new(node.Broker, Options.Create(new DataOptions { Path = node.Folder(name) }), NullLogger<ObjectCheckpoints>.Instance);
}
