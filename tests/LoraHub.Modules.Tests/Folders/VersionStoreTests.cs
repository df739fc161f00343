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
    public async Task A_module_is_stored_with_its_record_and_card_and_leaves_no_temporary_files()
    {
        Assert.Equal(Placement.New, await _models.PlaceAsync(Id, "one", card: "# French"));

        Assert.Equal("one", _models.Numbers(Id));
        Assert.Equal("# French", File.ReadAllText(Path.Combine(_models.Folder(Id), ModuleFiles.Card)));
        Assert.Equal(ModuleFolders.DigestOf("one"), _models.Record(Id).Digest);
        Assert.Empty(_models.EarlierVersions(Id));
        Assert.Empty(_models.Left());
    }

    [Fact]
    public async Task A_new_version_becomes_current_and_the_earlier_one_is_kept()
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
    public async Task An_earlier_version_that_is_added_again_becomes_current()
    {
        await _models.PlaceAsync(Id, "one");
        await _models.PlaceAsync(Id, "another");
        Assert.Equal(Placement.Known, await _models.PlaceAsync(Id, "one", card: "# Again"));

        Assert.Equal("one", _models.Numbers(Id));
        Assert.Equal("# Again", File.ReadAllText(Path.Combine(_models.Folder(Id), ModuleFiles.Card)));
        Assert.Equal([ModuleFolders.DigestOf("another")], _models.EarlierVersions(Id));
    }

    [Fact]
    public async Task Adding_the_current_version_again_replaces_its_record_and_card_and_keeps_other_files()
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
    public async Task A_replaced_folder_without_a_record_is_kept_completely_as_an_earlier_version()
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
    public async Task Files_that_differ_from_the_record_are_refused_and_nothing_changes()
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
    public async Task The_folder_of_a_base_model_is_neither_replaced_nor_removed()
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
    public async Task An_id_outside_the_models_folder_is_refused(string id)
    {
        await Assert.ThrowsAsync<ArgumentException>(() => _models.PlaceAsync(id, "one"));
        await Assert.ThrowsAsync<ArgumentException>(() => _models.Store.RemoveAsync(id, Cancellation));
    }

    [Fact]
    public async Task Concurrent_versions_of_two_processes_are_all_kept_and_readers_always_see_a_complete_one()
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
    public async Task Quarantine_is_set_and_lifted_on_the_named_version_only()
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
    public async Task A_module_is_removed_with_all_versions_while_open_files_stay_readable()
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
