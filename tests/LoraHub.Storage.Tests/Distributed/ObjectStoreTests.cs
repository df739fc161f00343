using System.Security.Cryptography;
using LoraHub.Core;
using LoraHub.Core.Predictions;
using LoraHub.Core.Uploads;
using LoraHub.Storage.Distributed;
using LoraHub.Storage.Tests.Contracts;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using NATS.Client.JetStream.Models;

namespace LoraHub.Storage.Tests.Distributed;

public sealed class ObjectBlobsTests(NatsServer server) : BlobStoreContract, IAsyncLifetime
{
    const int Room = 2_500_000;

    readonly ObjectStoreNode _node = new(server);
    ObjectBlobs? _blobs;

    protected override IBlobStore Blobs => _blobs ??= Open("a");

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        server.UrlOrSkip();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    [Fact]
    public async Task A_blob_that_one_node_put_is_read_by_another_and_deleted_for_all()
    {
        var bytes = RandomNumberGenerator.GetBytes(300_000);
        var other = Open("b");

        var digest = await Blobs.PutAsync(new MemoryStream(bytes), Cancellation);

        Assert.Equal(bytes, await ReadAsync(other, digest));
        await Blobs.DeleteAsync(digest, DateTimeOffset.MaxValue, Cancellation);
        Assert.Null(await other.OpenReadAsync(digest, Cancellation));
        Assert.Empty(await _node.SubjectsAsync("blobs"));
    }

    [Fact]
    public async Task Putting_a_blob_again_renews_its_time()
    {
        var digest = await Blobs.PutAsync(new MemoryStream([1, 2, 3]), Cancellation);
        var between = TimeProvider.System.GetUtcNow();

        await Open("b").PutAsync(new MemoryStream([1, 2, 3]), Cancellation);

        Assert.DoesNotContain(digest, await Blobs.ListAsync(between, Cancellation).ToListAsync(Cancellation));
        Assert.Equal([1, 2, 3], await ReadAsync(Blobs, digest));
    }

    [Fact]
    public async Task The_same_bytes_are_stored_once_by_concurrent_puts()
    {
        var bytes = RandomNumberGenerator.GetBytes(100_000);
        var node = Blobs;

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => node.PutAsync(new MemoryStream(bytes), Cancellation))));

        Assert.Equal(2, (await _node.SubjectsAsync("blobs")).Count); // the parts of one object, and its record
    }

    [Fact]
    public async Task Least_recently_used_copies_are_evicted_and_downloaded_again()
    {
        var digests = new List<string>();
        for (byte i = 0; i < 3; i++)
        {
            digests.Add(await Blobs.PutAsync(new MemoryStream([.. Enumerable.Repeat(i, 1_000_000)]), Cancellation));
        }

        var copies = Directory.EnumerateFiles(_node.Folder("a"), "*", SearchOption.AllDirectories).Select(Path.GetFileName);
        Assert.Equal(digests[1..].Order(), copies.Order());
        Assert.Equal(1_000_000, (await ReadAsync(Blobs, digests[0])).Length);
    }

    [Fact]
    public async Task A_blob_is_uploaded_before_its_copy_is_evicted()
    {
        var puts = Enumerable.Range(0, 40).Select(
            i => Task.Run(() => Blobs.PutAsync(new MemoryStream([.. BitConverter.GetBytes(i), .. new byte[Room / 2]]), Cancellation)));

        var digests = await Task.WhenAll(puts);

        Assert.Equal(digests.Order(), await Blobs.ListAsync(DateTimeOffset.MaxValue, Cancellation).Order().ToListAsync(Cancellation));
        var copies = new DirectoryInfo(_node.Folder("a")).EnumerateFiles("*", SearchOption.AllDirectories);
        Assert.InRange(copies.Sum(copy => copy.Length), 1, Room);
    }

    ObjectBlobs Open(string name)
    {
        var data = Options.Create(new DataOptions { Path = _node.Folder(name) });
        return new ObjectBlobs(_node.Broker, new BlobCopies(data, Options.Create(new DistributedOptions { BlobCopies = Room }), TimeProvider.System));
    }

    static async Task<byte[]> ReadAsync(IBlobStore blobs, string digest)
    {
        await using var blob = Assert.IsType<Stream>(await blobs.OpenReadAsync(digest, Cancellation), exactMatch: false);
        using var copy = new MemoryStream();
        await blob.CopyToAsync(copy, Cancellation);
        return copy.ToArray();
    }
}

public sealed class ObjectUploadsTests(NatsServer server) : UploadStoreContract, IAsyncLifetime
{
    readonly ObjectStoreNode _node = new(server);
    ObjectUploads? _uploads;

    protected override IUploadStore Uploads => _uploads ??= Open("a");

    public ValueTask InitializeAsync()
    {
        server.UrlOrSkip();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    [Fact]
    public async Task An_upload_to_one_node_is_found_read_listed_and_deleted_by_another()
    {
        var created = await SaveAsync([1, 2, 3], """{"of": "a test"}""");
        var other = Open("b");

        var found = (await other.FindAsync(created.Id, Cancellation))!;

        Assert.Equal("a test", found.Metadata["of"].GetString());
        Assert.Equal(created with { Metadata = found.Metadata }, found);
        Assert.Equal(created.Id, Assert.Single(await other.ListAsync(after: null, limit: 10, Cancellation)).Id);
        await using (var content = await other.OpenReadAsync(created.Id, Cancellation))
        {
            Assert.Equal(3, content!.Length);
        }

        Assert.True(await other.DeleteAsync(created.Id, Cancellation));
        Assert.Null(await Uploads.FindAsync(created.Id, Cancellation));
    }

    [Fact]
    public async Task Deleted_and_expired_uploads_leave_nothing_behind()
    {
        await using (var writer = (await Uploads.CreateAsync(Cancellation))!)
        {
            await writer.WriteAsync(new byte[100], Cancellation);
        }

        await Uploads.DeleteAsync((await SaveAsync([1])).Id, Cancellation);
        await SaveAsync([1]);
        Time.Advance(TimeSpan.FromHours(2));
        await Uploads.SweepAsync(Cancellation);

        Assert.Empty(await _node.SubjectsAsync("uploads"));
        Assert.Empty(Directory.EnumerateFiles(_node.Folder("a"), "*", SearchOption.AllDirectories));
    }

    ObjectUploads Open(string name) => new(
        _node.Broker,
        Options.Create(new UploadOptions { KeepFor = TimeSpan.FromHours(1), MaxTotalBytes = Room }),
        Options.Create(new DataOptions { Path = _node.Folder(name) }),
        Time);
}

/// <summary>A connection to the server with its own names, and its folders.</summary>
sealed class ObjectStoreNode(NatsServer server) : IAsyncDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("lorahub-").FullName;

    public Broker Broker { get; } = new(
        Options.Create(new DistributedOptions { Nats = server.Url, Prefix = "test-" + PredictionId.New()[..20] }), NullLogger<Broker>.Instance);

    public string Folder(string name) => Directory.CreateDirectory(Path.Combine(_folder, name)).FullName;

    /// <summary>The subjects of a bucket on the server.</summary>
    public async Task<IReadOnlyCollection<string>> SubjectsAsync(string bucket)
    {
        var stream = await Broker.JetStream.GetStreamAsync(
            $"OBJ_{Broker.Prefix}-{bucket}", new StreamInfoRequest { SubjectsFilter = ">" }, TestContext.Current.CancellationToken);
        return [.. stream.Info.State.Subjects?.Keys ?? []];
    }

    public async ValueTask DisposeAsync()
    {
        await Broker.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
