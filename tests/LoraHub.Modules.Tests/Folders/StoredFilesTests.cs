using LoraHub.Modules.Folders;
using LoraHub.Modules.Versions;

namespace LoraHub.Modules.Tests.Folders;

/// <summary>Equal bytes are stored once. Each file that came in has one more name in <c>.files</c>, which the counts hold.</summary>
public sealed class StoredFilesTests : IDisposable
{
    readonly ModuleFolders _models = new();

    public StoredFilesTests() => Assert.SkipUnless(OperatingSystem.IsLinux(), "Elsewhere each file is a copy of its own.");

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _models.Dispose();

    [Fact]
    public async Task EqualFilesOfTwoNamesAndOfAnEarlierVersionAreOne()
    {
        await _models.PlaceAsync("mine/one", "equal");
        await _models.PlaceAsync("mine/two", "equal");
        Assert.Equal(3u, NamesOf("mine/one"));

        await _models.PlaceAsync("mine/two", "other");
        Assert.Equal(3u, NamesOf("mine/one"));
        Assert.Equal(2u, NamesOf("mine/two"));
        Assert.Equal(4u, SystemCalls.Names(Path.Combine(_models.Folder("mine/one"), ModuleFiles.Config))); // one, two, its earlier version, and .files

        Assert.True(await _models.Store.RemoveAsync("mine/one", Cancellation));
        await _models.PlaceAsync("mine/three", "equal");
        Assert.Equal(3u, NamesOf("mine/three"));
    }

    [Fact]
    public async Task AStoredFileThatWasWrittenToIsNotHandedOn()
    {
        await _models.PlaceAsync("mine/one", "equal");
        File.WriteAllText(Path.Combine(_models.Folder("mine/one"), ModuleFiles.Weights), "spoilt");

        await _models.PlaceAsync("mine/two", "equal");
        Assert.Equal("equal", _models.Numbers("mine/two"));
        Assert.Equal("spoilt", _models.Numbers("mine/one"));

        Assert.Equal(Placement.Known, await _models.PlaceAsync("mine/one", "equal")); // mended
        Assert.Equal("equal", _models.Numbers("mine/one"));
    }

    [Fact]
    public async Task WhatPeoplePutThereIsNotLinkedTo()
    {
        _models.Give("mine/hand", "equal");
        await _models.PlaceAsync("mine/one", "equal");

        Assert.Equal(1u, NamesOf("mine/hand"));
    }

    [Fact]
    public async Task FilesThatNoModuleHasAnyMoreGo()
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
