using LoraHub.Api.Tests.Support;
using LoraHub.Api.Worker;
using LoraHub.Core;

namespace LoraHub.Api.Tests.Worker;

public sealed class TuningCheckpointsTests
{
    /// <summary>A training goes on without a checkpoint that could not be stored; any other exception would end it.</summary>
    [Fact]
    public void A_full_disk_is_a_storage_that_is_unavailable_and_full()
    {
        using var disk = SmallDisk.MountOrSkip(mebibytes: 1);
        disk.Fill();
        var store = new KeptCheckpoints();
        var checkpoints = New(store, Path.Combine(disk.Path, "checkpoint"));

        var exception = Assert.Throws<StorageUnavailableException>(() => checkpoints.Save(file => file.Write(new byte[100_000])));

        Assert.True(exception.IsFull);
        Assert.False(File.Exists(Path.Combine(disk.Path, "checkpoint")));
        Assert.Null(checkpoints.Open());
        disk.Empty();
        checkpoints.Save(file => file.Write(new byte[100_000]));
        using var stored = checkpoints.Open();
        Assert.Equal(100_000, stored!.Length);
    }

    [Fact]
    public void A_folder_that_is_gone_is_a_storage_that_is_unavailable()
    {
        var checkpoints = New(new KeptCheckpoints(), Path.Combine(Path.GetTempPath(), "no-such-folder", "checkpoint"));

        var exception = Assert.Throws<StorageUnavailableException>(() => checkpoints.Save(file => file.WriteByte(1)));

        Assert.False(exception.IsFull);
    }

    static TuningCheckpoints New(KeptCheckpoints store, string path) =>
        new(store, "training", path, TimeProvider.System, stop: () => Assert.Fail("nothing asked to stop"), CancellationToken.None);
}
