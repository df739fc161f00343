using LoraHub.Core;
using LoraHub.Core.Uploads;
using LoraHub.Storage.Embedded;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace LoraHub.Storage.Tests.Embedded;

/// <summary>Uploads whose folders a person removed or replaced: they are gone, and no other upload fails.</summary>
public sealed class RemovedUploadTests : IDisposable
{
    const int Room = 1_000_000;

    readonly string _folder = Directory.CreateTempSubdirectory("lorahub-").FullName;
    readonly FakeTimeProvider _time = new();
    readonly FileUploadStore _uploads;

    public RemovedUploadTests() => _uploads = new FileUploadStore(
        Options.Create(new DataOptions { Path = _folder }),
        Options.Create(new UploadOptions { KeepFor = TimeSpan.FromHours(1), MaxTotalBytes = Room }),
        _time,
        NullLogger<FileUploadStore>.Instance);

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    string Files => Path.Combine(_folder, "files");

    [Theory]
    [InlineData("upload")]
    [InlineData("temporary")]
    [InlineData("files")]
    public async Task A_folder_removed_by_hand_fails_no_upload_and_frees_its_space_after_its_time(string which)
    {
        var removed = await SaveAsync(Room - 100_000);
        Directory.Delete(
            which switch { "upload" => Path.Combine(Files, removed.Id), "files" => Files, _ => Path.Combine(Files, which) }, recursive: true);
        _time.Advance(TimeSpan.FromHours(2));

        var next = await SaveAsync(Room - 100_000);

        Assert.Equal([next], await _uploads.ListAsync(after: null, limit: 10, Cancellation));
    }

    [Fact]
    public async Task A_folder_replaced_by_a_file_fails_no_upload()
    {
        var replaced = await SaveAsync(1);
        Directory.Delete(Path.Combine(Files, replaced.Id), recursive: true);
        await File.WriteAllTextAsync(Path.Combine(Files, replaced.Id), "", Cancellation);
        _time.Advance(TimeSpan.FromHours(2));

        await SaveAsync(1);
    }

    [Fact]
    public async Task An_upload_without_content_is_gone()
    {
        var removed = await SaveAsync(1);
        File.Delete(Path.Combine(Files, removed.Id, "content"));

        Assert.Null(await _uploads.OpenReadAsync(removed.Id, Cancellation));

        Assert.Null(await _uploads.FindAsync(removed.Id, Cancellation));
        Assert.Empty(await _uploads.ListAsync(after: null, limit: 10, Cancellation));
        Assert.False(await _uploads.DeleteAsync(removed.Id, Cancellation));
    }

    [Fact]
    public async Task An_upload_removed_by_hand_can_be_deleted()
    {
        var removed = await SaveAsync(1);
        Directory.Delete(Files, recursive: true);

        Assert.True(await _uploads.DeleteAsync(removed.Id, Cancellation));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    async Task<Upload> SaveAsync(int bytes)
    {
        await using var writer = (await _uploads.CreateAsync(Cancellation))!;
        Assert.True(await writer.WriteAsync(new byte[bytes], Cancellation));
        return await writer.CompleteAsync(
            new UploadDetails("name", "text/plain", new Dictionary<string, System.Text.Json.JsonElement>()), Cancellation);
    }
}
