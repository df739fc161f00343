using LoraHub.Modules.Folders;
using LoraHub.Modules.Versions;

namespace LoraHub.Modules.Tests.Folders;

/// <summary>Recovery from each state in which a killed process can leave the models folder.</summary>
public sealed class KilledProcessTests : IDisposable
{
    const string Id = "mine/french";

    readonly ModuleFolders _models = new();

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _models.Dispose();

    [Fact]
    public async Task An_interrupted_upload_is_invisible_and_deleted_after_an_hour_and_a_download_after_a_week()
    {
        await _models.PlaceAsync(Id, "one");
        var left = ModuleFolders.Arrive(_models.Store, "two").Path;
        var pulled = Directory.CreateDirectory(Path.Combine(_models.Models, ".incoming", "pull", "theirs")).FullName;
        Age(left, TimeSpan.FromMinutes(59));
        Age(pulled, TimeSpan.FromDays(6));
        _models.Another().Begin().Dispose();
        Assert.Equal("one", _models.Numbers(Id));
        Assert.True(Directory.Exists(left));

        Age(left, TimeSpan.FromMinutes(61));
        _models.Another().Begin().Dispose();
        Assert.False(Directory.Exists(left));
        Assert.True(Directory.Exists(pulled)); // the download can be resumed

        Age(pulled, TimeSpan.FromDays(8));
        _models.Another().Begin().Dispose();
        Assert.False(Directory.Exists(pulled));
    }

    [Fact]
    public async Task An_upload_whose_file_is_still_written_is_kept()
    {
        var left = ModuleFolders.Arrive(_models.Store, "two").Path;
        Age(left, TimeSpan.FromHours(5));
        File.SetLastWriteTimeUtc(Path.Combine(left, ModuleFiles.Weights), TimeProvider.System.GetUtcNow().UtcDateTime);

        _models.Another().Begin().Dispose();

        Assert.True(Directory.Exists(left));
        await _models.PlaceAsync(Id, "one");
    }

    [Fact]
    public async Task Killed_after_copying_the_current_version_and_before_replacing_it_that_version_stays_current()
    {
        await _models.PlaceAsync(Id, "one");
        Copy(_models.Folder(Id), _models.Earlier(Id, ModuleFolders.DigestOf("one")));

        Assert.True(await _models.Store.QuarantineAsync(new ModuleReference(Id, ModuleFolders.DigestOf("one")), "why", Cancellation));
        Assert.Equal("why", _models.Record(Id).Quarantine);
        Assert.Equal(Placement.NewVersion, await _models.PlaceAsync(Id, "two"));

        Assert.Equal("two", _models.Numbers(Id));
        Assert.Equal([ModuleFolders.DigestOf("one")], _models.EarlierVersions(Id));
        Assert.Equal("why", RecordFile.Find(Id, _models.Earlier(Id, ModuleFolders.DigestOf("one")))!.Quarantine);
    }

    [Fact]
    public async Task Killed_while_restoring_an_earlier_version_the_next_write_removes_its_duplicate()
    {
        await _models.PlaceAsync(Id, "one");
        await _models.PlaceAsync(Id, "two");
        Copy(_models.Folder(Id), _models.Earlier(Id, ModuleFolders.DigestOf("two")));

        Assert.Equal(Placement.Known, await _models.PlaceAsync(Id, "two"));

        Assert.Equal([ModuleFolders.DigestOf("one")], _models.EarlierVersions(Id));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Killed_between_the_two_renames_of_a_replacement_the_next_call_finishes_it(bool isOldInPlace)
    {
        await _models.PlaceAsync(Id, "one");
        var pending = Path.Combine(_models.Models, ".replacing", Id);
        await _models.PlaceAsync("mine/next", "two");
        Directory.CreateDirectory(Path.GetDirectoryName(pending)!);
        Directory.Move(_models.Folder("mine/next"), pending);
        Copy(_models.Folder(Id), _models.Earlier(Id, ModuleFolders.DigestOf("one"))); // the first step of a replacement
        if (!isOldInPlace)
        {
            Directory.Move(_models.Folder(Id), Path.Combine(_models.Models, ".incoming", "old"));
        }

        Assert.False(await _models.Store.QuarantineAsync(new ModuleReference("mine/other", null), "why", Cancellation));

        Assert.Equal("two", _models.Numbers(Id));
        Assert.Equal([ModuleFolders.DigestOf("one")], _models.EarlierVersions(Id));
        Assert.False(Directory.Exists(pending));
    }

    [Fact]
    public async Task Killed_after_removing_the_earlier_versions_the_module_can_be_removed_again()
    {
        await _models.PlaceAsync(Id, "one");
        await _models.PlaceAsync(Id, "two");
        Directory.Move(_models.Earlier(Id, "").TrimEnd('/'), Path.Combine(_models.Models, ".incoming", "gone"));

        Assert.Equal("two", _models.Numbers(Id));
        Assert.True(await _models.Store.RemoveAsync(Id, Cancellation));
        Assert.False(Directory.Exists(_models.Folder(Id)));
    }

    [Fact]
    public async Task A_call_waits_for_the_lock_of_another_process_until_it_is_canceled()
    {
        await _models.PlaceAsync(Id, "one");
        using (new FileStream(Path.Combine(_models.Models, ".lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None))
        {
            using var timeout = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _models.Store.RemoveAsync(Id, timeout.Token));
            Assert.Equal("one", _models.Numbers(Id));
        }

        Assert.True(await _models.Store.RemoveAsync(Id, Cancellation));
    }

    static void Age(string folder, TimeSpan age)
    {
        var then = TimeProvider.System.GetUtcNow().UtcDateTime - age;
        foreach (var file in Directory.GetFiles(folder))
        {
            File.SetLastWriteTimeUtc(file, then);
        }

        Directory.SetLastWriteTimeUtc(folder, then);
    }

    static void Copy(string folder, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.GetFiles(folder))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }
    }
}
