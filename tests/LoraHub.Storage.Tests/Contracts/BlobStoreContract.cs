using System.Security.Cryptography;
using LoraHub.Core.Predictions;

namespace LoraHub.Storage.Tests.Contracts;

/// <summary>The contract of every <see cref="IBlobStore"/>.</summary>
public abstract class BlobStoreContract
{
    protected abstract IBlobStore Blobs { get; }

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1_000_000)]
    public async Task A_blob_is_read_back_by_its_digest(int length)
    {
        var bytes = RandomNumberGenerator.GetBytes(length);

        var digest = await Blobs.PutAsync(new MemoryStream(bytes), Cancellation);

        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(bytes)), digest);
        Assert.Equal(bytes, await ReadAsync(digest));
    }

    [Fact]
    public async Task A_blob_starts_at_the_position_of_its_stream()
    {
        using var content = new MemoryStream([1, 2, 3, 4]) { Position = 2 };

        var digest = await Blobs.PutAsync(content, Cancellation);

        Assert.Equal([3, 4], await ReadAsync(digest));
    }

    [Fact]
    public async Task A_blob_can_be_read_from_the_middle()
    {
        var digest = await Blobs.PutAsync(new MemoryStream([1, 2, 3, 4]), Cancellation);

        await using var blob = await Blobs.OpenReadAsync(digest, Cancellation);

        Assert.Equal(4, blob!.Length);
        blob.Position = 3;
        Assert.Equal(4, blob.ReadByte());
    }

    [Fact]
    public async Task The_same_bytes_can_be_put_concurrently()
    {
        var bytes = RandomNumberGenerator.GetBytes(100_000);

        var digests = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => Blobs.PutAsync(new MemoryStream(bytes), Cancellation))));

        Assert.Equal(bytes, await ReadAsync(Assert.Single(digests.Distinct())));
    }

    [Fact]
    public async Task A_blob_stays_readable_while_it_is_put_again()
    {
        var digest = await Blobs.PutAsync(new MemoryStream([1, 2, 3]), Cancellation);
        await using var blob = await Blobs.OpenReadAsync(digest, Cancellation);

        await Blobs.PutAsync(new MemoryStream([1, 2, 3]), Cancellation);

        Assert.Equal(1, blob!.ReadByte());
    }

    [Fact]
    public async Task Deleting_a_blob_is_idempotent()
    {
        var digest = await Blobs.PutAsync(new MemoryStream([1, 2, 3]), Cancellation);

        Assert.True(await Blobs.DeleteAsync(digest, Later(), Cancellation));
        Assert.False(await Blobs.DeleteAsync(digest, Later(), Cancellation));

        Assert.Null(await Blobs.OpenReadAsync(digest, Cancellation));
    }

    [Fact]
    public async Task A_blob_put_since_the_given_time_is_not_deleted()
    {
        var digest = await Blobs.PutAsync(new MemoryStream([4, 5, 6]), Cancellation);

        Assert.False(await Blobs.DeleteAsync(digest, Later().AddMinutes(-2), Cancellation));

        Assert.Equal([4, 5, 6], await ReadAsync(digest));
    }

    [Fact]
    public async Task A_blob_put_again_during_its_deletion_stays()
    {
        var bytes = RandomNumberGenerator.GetBytes(10_000);
        for (var round = 0; round < 100; round++)
        {
            var digest = await Blobs.PutAsync(new MemoryStream(bytes), Cancellation);
            var afterThat = TimeProvider.System.GetUtcNow();

            await Task.WhenAll(
                Task.Run(() => Blobs.PutAsync(new MemoryStream(bytes), Cancellation)),
                Task.Run(() => Blobs.DeleteAsync(digest, afterThat, Cancellation)));

            Assert.Equal(bytes, await ReadAsync(digest));
        }
    }

    [Fact]
    public async Task Blobs_that_were_not_put_lately_are_listed()
    {
        var digest = await Blobs.PutAsync(new MemoryStream([9, 8, 7]), Cancellation);
        var now = TimeProvider.System.GetUtcNow();

        Assert.Contains(digest, await Blobs.ListAsync(now.AddMinutes(1), Cancellation).ToListAsync(Cancellation));
        Assert.DoesNotContain(digest, await Blobs.ListAsync(now.AddMinutes(-1), Cancellation).ToListAsync(Cancellation));
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("../../../../etc/passwd")]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("ABCDEF0000000000000000000000000000000000000000000000000000000000")]
    [InlineData("/../../../../../../../../../../../../../../../../../../../etc/pwd")]
    public async Task An_invalid_digest_is_not_found(string digest)
    {
        Assert.Null(await Blobs.OpenReadAsync(digest, Cancellation));
        Assert.False(await Blobs.DeleteAsync(digest, Later(), Cancellation));
    }

    /// <summary>A time after every put.</summary>
    static DateTimeOffset Later() => TimeProvider.System.GetUtcNow().AddMinutes(1);

    async Task<byte[]> ReadAsync(string digest)
    {
        await using var blob = Assert.IsType<Stream>(await Blobs.OpenReadAsync(digest, Cancellation), exactMatch: false);
        using var copy = new MemoryStream();
        await blob.CopyToAsync(copy, Cancellation);
        return copy.ToArray();
    }
}
