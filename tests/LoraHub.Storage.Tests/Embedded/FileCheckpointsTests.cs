using LoraHub.Api.Tests.Support;
using LoraHub.Core;
using LoraHub.Core.Trainings;
using LoraHub.Storage.Embedded;
using LoraHub.Storage.Tests.Contracts;
using Microsoft.Extensions.Options;

namespace LoraHub.Storage.Tests.Embedded;

public sealed class FileCheckpointsTests : TrainingCheckpointsContract, IDisposable
{
    const int Mebibyte = 1024 * 1024;

    readonly string _data = Directory.CreateTempSubdirectory("lorahub-").FullName;

    protected override ITrainingCheckpoints Checkpoints => Open(_data);

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task A_checkpoint_is_a_file_that_only_its_user_can_read()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Permissions are others there.");

        await SaveAsync(Id, [1]);
        await SaveAsync(Id, [2]);

        var file = new FileInfo(Path.Combine(_data, "checkpoints", $"{Id}.checkpoint"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, file.UnixFileMode);
    }

    [Fact]
    public async Task Another_process_opens_the_checkpoint()
    {
        await SaveAsync(Id, [1, 2, 3]);

        Assert.Equal([1, 2, 3], await ReadAsync(Id)); // each use opens the folder anew
        Assert.Equal([Id], await Open(_data).ListAsync(Cancellation));
    }

    [Fact]
    public async Task Checkpoints_of_the_terminal_are_their_own()
    {
        var terminal = Open(_data, FileCheckpoints.Terminal);
        await SaveAsync(Id, [1]);
        await terminal.SaveAsync(Other, new MemoryStream([2]), Cancellation);

        Assert.Equal([Id], await Checkpoints.ListAsync(Cancellation));
        Assert.Equal([Other], await terminal.ListAsync(Cancellation));
        Assert.Null(await ReadAsync(Other));
    }

    [Fact]
    public async Task A_full_disk_keeps_the_last_checkpoint_and_nothing_of_the_next()
    {
        using var disk = SmallDisk.MountOrSkip(mebibytes: 8);
        var checkpoints = Open(disk.Path);
        await checkpoints.SaveAsync(Id, new MemoryStream([1, 2, 3]), Cancellation);

        var refused = await Assert.ThrowsAsync<StorageUnavailableException>(
            () => checkpoints.SaveAsync(Id, new MemoryStream(new byte[16 * Mebibyte]), Cancellation));

        Assert.True(refused.IsFull);
        Assert.DoesNotContain(disk.Path, refused.Message, StringComparison.Ordinal);
        await using (var last = await checkpoints.OpenAsync(Id, Cancellation))
        {
            Assert.Equal(3, last!.Length);
        }

        Assert.Single(Directory.EnumerateFiles(disk.Path, "*", SearchOption.AllDirectories));
        await checkpoints.SaveAsync(Id, new MemoryStream(new byte[4 * Mebibyte]), Cancellation);
    }

    [Fact]
    public async Task A_disk_that_refuses_writes_is_not_full()
    {
        using var disk = SmallDisk.MountOrSkip(mebibytes: 8);
        var checkpoints = Open(disk.Path);
        await checkpoints.SaveAsync(Id, new MemoryStream([1, 2, 3]), Cancellation);
        disk.MakeReadOnly();

        var refused = await Assert.ThrowsAsync<StorageUnavailableException>(() => checkpoints.SaveAsync(Id, new MemoryStream([4]), Cancellation));

        Assert.False(refused.IsFull);
    }

    protected override async Task AssertNothingElseIsKeptAsync() =>
        Assert.Equal((await Checkpoints.ListAsync(Cancellation)).Count, Directory.EnumerateFiles(_data, "*", SearchOption.AllDirectories).Count());

    static FileCheckpoints Open(string data, string of = "") => new(Options.Create(new DataOptions { Path = data }), of);
}
