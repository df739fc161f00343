using LoraHub.Modules.Folders;
using LoraHub.Modules.Versions;

namespace LoraHub.Modules.Tests.Folders;

/// <summary>What the next process makes of the states that a killed one can leave, one for each step.</summary>
public sealed class KilledProcessTests : IDisposable
{
    const string Id = "mine/french";

    readonly ModuleFolders _models = new();

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _models.Dispose();

    [Fact]
    public async Task KilledWhileFilesCameNothingIsVisibleAndTheRestGoesAfterAnHour()
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
        Assert.True(Directory.Exists(pulled)); // it can be gone on with

        Age(pulled, TimeSpan.FromDays(8));
        _models.Another().Begin().Dispose();
        Assert.False(Directory.Exists(pulled));
    }

    [Fact]
    public async Task AnArrivalWhoseFileStillGrowsIsNotOld()
    {
        var left = ModuleFolders.Arrive(_models.Store, "two").Path;
        Age(left, TimeSpan.FromHours(5));
        File.SetLastWriteTimeUtc(Path.Combine(left, ModuleFiles.Weights), TimeProvider.System.GetUtcNow().UtcDateTime);

        _models.Another().Begin().Dispose();

        Assert.True(Directory.Exists(left));
        await _models.PlaceAsync(Id, "one");
    }

    [Fact]
    public async Task KilledWhenTheVersionWasKeptButNotReplacedItIsStillTheOne()
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
    public async Task KilledWhenAnEarlierVersionWasCurrentAgainItIsThereOnceAfterTheNextPlacing()
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
    public async Task KilledBetweenTwoRenamesWhereFoldersCannotChangePlacesTheNextCallFinishes(bool isOldInPlace)
    {
        await _models.PlaceAsync(Id, "one");
        var pending = Path.Combine(_models.Models, ".replacing", Id);
        await _models.PlaceAsync("mine/next", "two");
        Directory.CreateDirectory(Path.GetDirectoryName(pending)!);
        Directory.Move(_models.Folder("mine/next"), pending);
        Copy(_models.Folder(Id), _models.Earlier(Id, ModuleFolders.DigestOf("one"))); // as placing begins
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
    public async Task KilledWhenTheEarlierVersionsWereRemovedTheNameIsThereAndCanBeRemovedAgain()
    {
        await _models.PlaceAsync(Id, "one");
        await _models.PlaceAsync(Id, "two");
        Directory.Move(_models.Earlier(Id, "").TrimEnd('/'), Path.Combine(_models.Models, ".incoming", "gone"));

        Assert.Equal("two", _models.Numbers(Id));
        Assert.True(await _models.Store.RemoveAsync(Id, Cancellation));
        Assert.False(Directory.Exists(_models.Folder(Id)));
    }

    [Fact]
    public async Task WhileAnotherProcessRenamesThisOneWaitsAndCanGiveUp()
    {
        await _models.PlaceAsync(Id, "one");
        using (new FileStream(Path.Combine(_models.Models, ".lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None))
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _models.Store.RemoveAsync(Id, patience.Token));
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
