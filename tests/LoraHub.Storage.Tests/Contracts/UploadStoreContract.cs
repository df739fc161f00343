using System.Security.Cryptography;
using System.Text.Json;
using LoraHub.Core.Uploads;
using Microsoft.Extensions.Time.Testing;

namespace LoraHub.Storage.Tests.Contracts;

/// <summary>The contract of every <see cref="IUploadStore"/>.</summary>
public abstract class UploadStoreContract
{
    /// <summary>A store with room for <see cref="Room"/> bytes in all, which keeps files for an hour.</summary>
    protected abstract IUploadStore Uploads { get; }

    protected const int Room = 3_000_000;

    protected FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero));

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1_000_000)]
    public async Task An_upload_is_found_as_it_was_given(int length)
    {
        var bytes = RandomNumberGenerator.GetBytes(length);

        var created = await SaveAsync(bytes, """{"of": ["a", {"test": 1.0}]}""");

        var found = (await Uploads.FindAsync(created.Id, Cancellation))!;
        Assert.Matches("^[a-z2-7]{26}$", found.Id);
        Assert.Equal("exämple.txt", found.Name);
        Assert.Equal("text/plain", found.ContentType);
        Assert.Equal(length, found.Size);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(bytes)), found.Sha256);
        Assert.Equal(Convert.ToHexStringLower(CryptographicOperations.HashData(HashAlgorithmName.MD5, bytes)), found.Md5);
        Assert.Equal("""["a", {"test": 1.0}]""", found.Metadata["of"].GetRawText());
        Assert.Equal(Time.GetUtcNow(), found.CreatedAt);
        Assert.Equal(Time.GetUtcNow().AddHours(1), found.ExpiresAt);
        Assert.Equal(bytes, await ReadAsync(created.Id));
    }

    [Fact]
    public async Task An_upload_can_be_read_from_the_middle()
    {
        var created = await SaveAsync([1, 2, 3, 4]);

        await using var content = await Uploads.OpenReadAsync(created.Id, Cancellation);

        Assert.Equal(4, content!.Length);
        content.Position = 3;
        Assert.Equal(4, content.ReadByte());
    }

    [Fact]
    public async Task An_incomplete_upload_is_not_listed_and_uses_no_space()
    {
        await using (var writer = (await Uploads.CreateAsync(Cancellation))!)
        {
            Assert.True(await writer.WriteAsync(new byte[2_000_000], Cancellation));
        }

        Assert.Empty(await ListAsync());
        await SaveAsync(new byte[2_000_000]);
    }

    [Fact]
    public async Task Uploads_are_listed_newest_first_page_by_page_and_each_once()
    {
        var created = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            Time.Advance(TimeSpan.FromSeconds(i % 2)); // some at the same time
            created.Add((await SaveAsync([1])).Id);
        }

        var first = await ListAsync(limit: 2);
        Time.Advance(TimeSpan.FromSeconds(1));
        await SaveAsync([1]); // a newer one must not shift the pages
        var second = await ListAsync(first[^1], limit: 2);
        var third = await ListAsync(second[^1], limit: 2);

        Upload[] all = [.. first, .. second, .. third];
        Assert.Equal(created.Order(), all.Select(upload => upload.Id).Order());
        Assert.Equal(all.OrderByDescending(upload => upload.CreatedAt).ThenByDescending(upload => upload.Id, StringComparer.Ordinal), all);
    }

    [Fact]
    public async Task A_deleted_upload_is_gone_and_its_room_is_free()
    {
        var created = await SaveAsync(new byte[2_000_000]);

        Assert.True(await Uploads.DeleteAsync(created.Id, Cancellation));

        Assert.False(await Uploads.DeleteAsync(created.Id, Cancellation));
        await AssertGoneAsync(created.Id);
        await SaveAsync(new byte[2_000_000]);
    }

    [Fact]
    public async Task An_upload_stays_readable_to_the_end_while_it_is_deleted()
    {
        var created = await SaveAsync([1, 2, 3]);
        await using var content = await Uploads.OpenReadAsync(created.Id, Cancellation);

        await Uploads.DeleteAsync(created.Id, Cancellation);

        Assert.Equal(1, content!.ReadByte());
    }

    [Fact]
    public async Task An_expired_upload_is_not_found_and_makes_room_for_others()
    {
        var expired = await SaveAsync(new byte[2_000_000]);
        Time.Advance(TimeSpan.FromMinutes(30));
        var alive = await SaveAsync([1]);
        Time.Advance(TimeSpan.FromMinutes(30));

        await AssertGoneAsync(expired.Id);
        Assert.False(await Uploads.DeleteAsync(expired.Id, Cancellation));
        Assert.Equal(alive.Id, Assert.Single(await ListAsync()).Id);
        await SaveAsync(new byte[2_000_000]);
    }

    [Fact]
    public async Task All_uploads_together_have_a_limit()
    {
        await SaveAsync(new byte[2_000_000]);
        await using var writer = (await Uploads.CreateAsync(Cancellation))!;

        Assert.False(await writer.WriteAsync(new byte[1_000_000], Cancellation));
        Assert.True(await writer.WriteAsync(new byte[100_000], Cancellation));
    }

    [Fact]
    public async Task Even_empty_uploads_have_a_limit()
    {
        for (var i = 0; i < Room / 16_384; i++)
        {
            await SaveAsync([]);
        }

        Assert.Null(await Uploads.CreateAsync(Cancellation));
    }

    [Fact]
    public async Task Concurrent_uploads_and_deletions_succeed()
    {
        await Task.WhenAll(Enumerable.Range(0, 16).Select(i => Task.Run(async () =>
        {
            var bytes = RandomNumberGenerator.GetBytes(50_000 + i);
            var created = await SaveAsync(bytes);
            Assert.Equal(bytes, await ReadAsync(created.Id));
            Assert.True(await Uploads.DeleteAsync(created.Id, Cancellation));
        })));

        Assert.Empty(await ListAsync());
        await SaveAsync(new byte[2_900_000]);
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("temporary")]
    [InlineData("../../../../etc/passwd")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("/../../../../../../etc/pwd")]
    public async Task An_invalid_id_is_not_found(string id)
    {
        await AssertGoneAsync(id);
        Assert.False(await Uploads.DeleteAsync(id, Cancellation));
    }

    protected async Task<Upload> SaveAsync(byte[] bytes, string metadata = "{}")
    {
        await using var writer = (await Uploads.CreateAsync(Cancellation))!;
        foreach (var part in bytes.Chunk(80_000))
        {
            Assert.True(await writer.WriteAsync(part, Cancellation));
        }

        return await writer.CompleteAsync(
            new UploadDetails("exämple.txt", "text/plain", JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(metadata)!), Cancellation);
    }

    protected async Task<byte[]> ReadAsync(string id)
    {
        await using var content = Assert.IsType<Stream>(await Uploads.OpenReadAsync(id, Cancellation), exactMatch: false);
        using var copy = new MemoryStream();
        await content.CopyToAsync(copy, Cancellation);
        return copy.ToArray();
    }

    async Task AssertGoneAsync(string id)
    {
        Assert.Null(await Uploads.FindAsync(id, Cancellation));
        Assert.Null(await Uploads.OpenReadAsync(id, Cancellation));
    }

    Task<IReadOnlyList<Upload>> ListAsync(Upload? after = null, int limit = 100) =>
        Uploads.ListAsync(after is null ? null : new UploadPosition(after.CreatedAt, after.Id), limit, Cancellation);
}
