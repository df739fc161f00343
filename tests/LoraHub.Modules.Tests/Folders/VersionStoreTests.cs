using LoraHub.Modules.Folders;
using LoraHub.Modules.Versions;

namespace LoraHub.Modules.Tests.Folders;

public sealed class VersionStoreTests : IDisposable
{
    const string Id = "mine/french";

    readonly ModuleFolders _models = new();

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _models.Dispose();

    [Fact]
    public async Task AModuleIsPlacedWithItsRecordAndCardAndNothingIsLeft()
    {
        Assert.Equal(Placement.New, await _models.PlaceAsync(Id, "one", card: "# French"));

        Assert.Equal("one", _models.Numbers(Id));
        Assert.Equal("# French", File.ReadAllText(Path.Combine(_models.Folder(Id), ModuleFiles.Card)));
        Assert.Equal(ModuleFolders.DigestOf("one"), _models.Record(Id).Digest);
        Assert.Empty(_models.EarlierVersions(Id));
        Assert.Empty(_models.Left());
    }

    [Fact]
    public async Task AnotherVersionTakesTheNameAndTheEarlierOneStays()
    {
        await _models.PlaceAsync(Id, "one", card: "# One");
        Assert.Equal(Placement.NewVersion, await _models.PlaceAsync(Id, "another"));

        Assert.Equal("another", _models.Numbers(Id));
        Assert.False(File.Exists(Path.Combine(_models.Folder(Id), ModuleFiles.Card)));
        var earlier = _models.Earlier(Id, ModuleFolders.DigestOf("one"));
        Assert.Equal("one", File.ReadAllText(Path.Combine(earlier, ModuleFiles.Weights)));
        Assert.Equal("# One", File.ReadAllText(Path.Combine(earlier, ModuleFiles.Card)));
        Assert.Equal(ModuleFolders.DigestOf("one"), RecordFile.Find(Id, earlier)!.Digest);
        Assert.Empty(_models.Left());
    }

    [Fact]
    public async Task AnEarlierVersionThatComesAgainIsTheCurrentOneAgain()
    {
        await _models.PlaceAsync(Id, "one");
        await _models.PlaceAsync(Id, "another");
        Assert.Equal(Placement.Known, await _models.PlaceAsync(Id, "one", card: "# Again"));

        Assert.Equal("one", _models.Numbers(Id));
        Assert.Equal("# Again", File.ReadAllText(Path.Combine(_models.Folder(Id), ModuleFiles.Card)));
        Assert.Equal([ModuleFolders.DigestOf("another")], _models.EarlierVersions(Id));
    }

    [Fact]
    public async Task TheVersionThatIsThereGetsAnotherRecordAndCardAndKeepsWhatLiesBesideIt()
    {
        _models.Give(Id, "one");
        File.WriteAllText(Path.Combine(_models.Folder(Id), "notes.txt"), "by hand");
        Assert.Equal(Placement.Known, await _models.PlaceAsync(Id, "one", card: "# New", quarantine: "why"));

        Assert.Equal("why", _models.Record(Id).Quarantine);
        Assert.Equal("# New", File.ReadAllText(Path.Combine(_models.Folder(Id), ModuleFiles.Card)));
        Assert.Equal("by hand", File.ReadAllText(Path.Combine(_models.Folder(Id), "notes.txt")));
        Assert.Empty(_models.EarlierVersions(Id));
    }

    [Fact]
    public async Task AFolderThatSomeoneMadeIsKeptWholeUnderItsDigest()
    {
        _models.Give(Id, "by hand");
        Directory.CreateDirectory(Path.Combine(_models.Folder(Id), "logs"));
        File.WriteAllText(Path.Combine(_models.Folder(Id), "logs", "notes.txt"), "by hand");
        Assert.Equal(Placement.NewVersion, await _models.PlaceAsync(Id, "one"));

        var earlier = _models.Earlier(Id, ModuleFolders.DigestOf("by hand"));
        Assert.Equal("by hand", File.ReadAllText(Path.Combine(earlier, ModuleFiles.Weights)));
        Assert.Equal("by hand", File.ReadAllText(Path.Combine(earlier, "logs", "notes.txt")));
    }

    [Fact]
    public async Task FilesThatAreNotThoseOfTheRecordAreRefusedAndNothingChanges()
    {
        await _models.PlaceAsync(Id, "one");
        using (var incoming = ModuleFolders.Arrive(_models.Store, "0ne"))
        {
            await Assert.ThrowsAsync<InvalidDataException>(
                () => _models.Store.PlaceAsync(ModuleFolders.RecordOf("two") with { Id = Id }, incoming, Cancellation));
        }

        Assert.Equal("one", _models.Numbers(Id));
        Assert.Empty(_models.EarlierVersions(Id));
        Assert.Empty(_models.Left());
    }

    [Fact]
    public async Task ABaseModelsFolderIsNeitherReplacedNorRemoved()
    {
        Directory.CreateDirectory(_models.Folder(Id));
        File.WriteAllText(Path.Combine(_models.Folder(Id), "config.json"), "{}");

        var refused = await Assert.ThrowsAsync<ModuleRefusedException>(() => _models.PlaceAsync(Id, "one"));
        Assert.Equal("id", refused.FieldName);
        Assert.False(await _models.Store.RemoveAsync(Id, Cancellation));
        Assert.Equal(["config.json"], Directory.GetFiles(_models.Folder(Id)).Select(Path.GetFileName));
    }

    [Theory]
    [InlineData("../evil")]
    [InlineData("mine/french/x")]
    [InlineData(".versions/x")]
    public async Task AnIdThatLeavesItsFolderIsRefused(string id)
    {
        await Assert.ThrowsAsync<ArgumentException>(() => _models.PlaceAsync(id, "one"));
        await Assert.ThrowsAsync<ArgumentException>(() => _models.Store.RemoveAsync(id, Cancellation));
    }

    [Fact]
    public async Task ManyAtOnceByTwoProcessesAllStayAndReadersAlwaysSeeAWholeOne()
    {
        var another = _models.Another();
        await _models.PlaceAsync(Id, "0");
        using var done = new CancellationTokenSource();
        var reader = Task.Run(() =>
        {
            var seen = 0;
            do
            {
                Assert.NotEmpty(_models.Numbers(Id));
                seen++;
            }
            while (!done.IsCancellationRequested);
            return seen;
        });
        await Task.WhenAll(Enumerable.Range(1, 20).Select(i => _models.PlaceAsync(Id, $"{i}", by: i % 2 == 0 ? another : null)));
        await done.CancelAsync();

        Assert.True(await reader > 0);
        Assert.Equal(
            Enumerable.Range(0, 21).Select(i => ModuleFolders.DigestOf($"{i}")).Order(),
            _models.EarlierVersions(Id).Append(_models.Record(Id).Digest).Order());
        Assert.Empty(_models.Left());
    }

    [Fact]
    public async Task QuarantineIsSetAndLiftedOnTheVersionThatIsMeant()
    {
        await _models.PlaceAsync(Id, "one");
        await _models.PlaceAsync(Id, "another");
        var pinned = new ModuleReference(Id, ModuleFolders.DigestOf("one")[..12]);

        Assert.True(await _models.Store.QuarantineAsync(pinned, "it is odd", Cancellation));
        Assert.Equal("it is odd", RecordFile.Find(Id, _models.Earlier(Id, ModuleFolders.DigestOf("one")))!.Quarantine);
        Assert.Null(_models.Record(Id).Quarantine);

        Assert.True(await _models.Store.QuarantineAsync(new ModuleReference(Id, null), "so is this", Cancellation));
        Assert.Equal("so is this", _models.Record(Id).Quarantine);
        Assert.True(await _models.Store.QuarantineAsync(new ModuleReference(Id, null), null, Cancellation));
        Assert.Null(_models.Record(Id).Quarantine);

        Assert.False(await _models.Store.QuarantineAsync(new ModuleReference(Id, new string('0', 12)), "nothing", Cancellation));
        Assert.False(await _models.Store.QuarantineAsync(new ModuleReference("mine/other", null), "nothing", Cancellation));
        _models.Give("mine/hand", "one");
        Assert.False(await _models.Store.QuarantineAsync(new ModuleReference("mine/hand", null), "nothing", Cancellation));
    }

    [Fact]
    public async Task ARemovedModuleIsGoneWithItsVersionsAndWhoReadsItReadsOn()
    {
        await _models.PlaceAsync(Id, "one");
        await _models.PlaceAsync(Id, "another");
        await using var open = File.OpenRead(Path.Combine(_models.Folder(Id), ModuleFiles.Weights));

        Assert.True(await _models.Store.RemoveAsync(Id, Cancellation));

        using var reader = new StreamReader(open);
        Assert.Equal("another", await reader.ReadToEndAsync(Cancellation));
        Assert.False(Directory.Exists(Path.GetDirectoryName(_models.Folder(Id))));
        Assert.Empty(_models.EarlierVersions(Id));
        Assert.Empty(_models.Left());
        Assert.Empty(Directory.GetFiles(Path.Combine(_models.Models, ".files")));
        Assert.False(await _models.Store.RemoveAsync(Id, Cancellation));
    }
}
