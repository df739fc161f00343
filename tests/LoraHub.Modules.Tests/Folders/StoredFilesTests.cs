using LoraHub.Modules.Folders;
using LoraHub.Modules.Versions;

namespace LoraHub.Modules.Tests.Folders;

/// <summary>Equal files are stored once, as hard links. Each added file has one more link in <c>.files</c>, which the counts include.</summary>
public sealed class StoredFilesTests : IDisposable
{
    readonly ModuleFolders _models = new();

    public StoredFilesTests() => Assert.SkipUnless(OperatingSystem.IsLinux(), "Other systems copy each file.");

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _models.Dispose();

    [Fact]
    public async Task Equal_files_of_two_modules_and_of_an_earlier_version_share_one_inode()
    {
        await _models.PlaceAsync("mine/one", "equal");
        await _models.PlaceAsync("mine/two", "equal");
        Assert.Equal(3u, NamesOf("mine/one"));

        await _models.PlaceAsync("mine/two", "other");
        Assert.Equal(3u, NamesOf("mine/one"));
        Assert.Equal(2u, NamesOf("mine/two"));
        var config = Path.Combine(_models.Folder("mine/one"), ModuleFiles.Config);
        Assert.Equal(4u, SystemCalls.Names(config)); // one, two, two's earlier version, and .files

        Assert.True(await _models.Store.RemoveAsync("mine/one", Cancellation));
        await _models.PlaceAsync("mine/three", "equal");
        Assert.Equal(3u, NamesOf("mine/three"));
    }

    [Fact]
    public async Task A_stored_file_that_was_modified_is_not_linked_again()
    {
        await _models.PlaceAsync("mine/one", "equal");
        File.WriteAllText(Path.Combine(_models.Folder("mine/one"), ModuleFiles.Weights), "spoilt");

        await _models.PlaceAsync("mine/two", "equal");
        Assert.Equal("equal", _models.Numbers("mine/two"));
        Assert.Equal("spoilt", _models.Numbers("mine/one"));

        Assert.Equal(Placement.Known, await _models.PlaceAsync("mine/one", "equal")); // repaired
        Assert.Equal("equal", _models.Numbers("mine/one"));
    }

    [Fact]
    public async Task Files_that_were_put_there_by_hand_are_not_linked()
    {
        _models.Give("mine/hand", "equal");
        await _models.PlaceAsync("mine/one", "equal");

        Assert.Equal(1u, NamesOf("mine/hand"));
    }

    [Fact]
    public async Task Stored_files_that_no_module_has_are_deleted()
    {
        await _models.PlaceAsync("mine/one", "equal");
        await _models.PlaceAsync("mine/two", "other");
        Directory.Delete(_models.Folder("mine/one"), recursive: true); // by hand

        _models.Files.ForgetUnused();

        Assert.Equal(2, Directory.GetFiles(Path.Combine(_models.Models, ".files")).Length); // the configuration and "other"
        Assert.Equal("other", _models.Numbers("mine/two"));
    }

    uint NamesOf(string id) => SystemCalls.Names(Path.Combine(_models.Folder(id), ModuleFiles.Weights));
}
