using LoraHub.Core;
using LoraHub.Core.Uploads;
using LoraHub.Storage.Embedded;
using LoraHub.Storage.Tests.Contracts;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace LoraHub.Storage.Tests.Embedded;

public sealed class FileUploadStoreTests : UploadStoreContract, IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("lorahub-").FullName;

    public FileUploadStoreTests() => Uploads = Open();

    protected override IUploadStore Uploads { get; }

    string Files => Path.Combine(_folder, "files");

    [Fact]
    public async Task Uploads_and_their_space_survive_a_restart()
    {
        var created = await SaveAsync(new byte[2_000_000], """{"of": "a test"}""");

        var restarted = Open();

        var found = (await restarted.FindAsync(created.Id, Cancellation))!;
        Assert.Equal("a test", found.Metadata["of"].GetString());
        Assert.Equal(created with { Metadata = found.Metadata }, found);
        Assert.Equal(2_000_000, (await ReadAsync(created.Id)).Length);
        await using var writer = (await restarted.CreateAsync(Cancellation))!;
        Assert.False(await writer.WriteAsync(new byte[1_000_000], Cancellation));
    }

    [Fact]
    public async Task Only_complete_uploads_of_a_killed_process_are_listed()
    {
        var created = await SaveAsync([1]);
        var halfWritten = Directory.CreateDirectory(Path.Combine(Files, "temporary", "x")).FullName;
        var withoutContent = Directory.CreateDirectory(Path.Combine(Files, "aaaaaaaaaaaaaaaaaaaaaaaaaa")).FullName;
        File.Copy(Path.Combine(Files, created.Id, "upload.json"), Path.Combine(withoutContent, "upload.json"));
        var broken = Directory.CreateDirectory(Path.Combine(Files, "bbbbbbbbbbbbbbbbbbbbbbbbbb")).FullName;
        await File.WriteAllTextAsync(Path.Combine(broken, "upload.json"), "{", Cancellation);

        var listed = await Open().ListAsync(after: null, limit: 100, Cancellation);

        Assert.Equal(created.Id, Assert.Single(listed).Id);
        Assert.False(Directory.Exists(halfWritten));
        Assert.True(Directory.Exists(withoutContent) && Directory.Exists(broken));
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

        Assert.Empty(Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories));
        Assert.Equal([Path.Combine(Files, "temporary")], Directory.EnumerateDirectories(Files, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Expired_uploads_are_deleted_without_any_request()
    {
        var folder = Path.Combine(Files, (await SaveAsync([1])).Id);
        using var sweep = new UploadSweep(Uploads, Time, NullLogger<UploadSweep>.Instance);
        using var limit = new CancellationTokenSource(Wait.Limit);

        await sweep.StartAsync(Cancellation);
        while (Directory.Exists(folder))
        {
            limit.Token.ThrowIfCancellationRequested();
            Time.Advance(TimeSpan.FromMinutes(10));
            await Task.Yield();
        }

        await sweep.StopAsync(Cancellation);
        Assert.True(sweep.ExecuteTask!.IsCompletedSuccessfully);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    FileUploadStore Open() => new(
        Options.Create(new DataOptions { Path = _folder }),
        Options.Create(new UploadOptions { KeepFor = TimeSpan.FromHours(1), MaxTotalBytes = Room }),
        Time,
        NullLogger<FileUploadStore>.Instance);
}
