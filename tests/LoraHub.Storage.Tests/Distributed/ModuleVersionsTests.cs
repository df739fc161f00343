using LoraHub.Modules.Tests.Folders;
using LoraHub.Modules.Versions;

namespace LoraHub.Storage.Tests.Distributed;

/// <summary>Earlier versions, in the folders of all processes.</summary>
public sealed class ModuleVersionsTests(NatsServer nats) : ModuleProcesses(nats)
{
    [Fact]
    public async Task A_worker_that_comes_later_has_the_earlier_versions_too()
    {
        var (api, worker) = (Start(publishes: true), Start(publishes: false));
        await api.PlaceAsync(Id, "one");
        await api.PlaceAsync(Id, "two");
        await api.SyncAsync();

        await worker.Sync.FetchAsync(Cancellation);

        Assert.Equal("two", worker.Numbers(Id));
        Assert.Equal([ModuleFolders.DigestOf("one")], worker.EarlierVersions(Id));
        Assert.Equal(
            "one", File.ReadAllText(Path.Combine(worker.Folder($".versions/{Id}"), ModuleFolders.DigestOf("one"), "adapter_model.safetensors")));
    }

    [Fact]
    public async Task Versions_that_two_nodes_place_at_once_both_stay()
    {
        var (one, other) = (Start(publishes: true), Start(publishes: true));
        await one.PlaceAsync(Id, "one");
        await other.PlaceAsync(Id, "other");
        await one.SyncAsync();
        await other.SyncAsync();
        await one.SyncAsync();

        Assert.Equal("other", one.Numbers(Id));
        Assert.Equal([ModuleFolders.DigestOf("one")], one.EarlierVersions(Id));
        Assert.Equal([ModuleFolders.DigestOf("one")], other.EarlierVersions(Id));
    }

    [Fact]
    public async Task A_quarantine_reaches_a_worker_for_its_version()
    {
        var (api, worker) = (Start(publishes: true), Start(publishes: false));
        await api.PlaceAsync(Id, "one");
        await api.PlaceAsync(Id, "two");
        await api.SyncAsync();
        await worker.Sync.FetchAsync(Cancellation);

        await api.Store.QuarantineAsync(new ModuleReference(Id, ModuleFolders.DigestOf("one")), "it is odd", Cancellation);
        await api.Sync.ShareAsync(Cancellation);
        await worker.Sync.FetchAsync(Cancellation);
        var earlier = Path.Combine(worker.Folder($".versions/{Id}"), ModuleFolders.DigestOf("one"));
        Assert.Equal("it is odd", RecordFile.Find(Id, earlier)!.Quarantine);
        Assert.Null(RecordFile.Find(Id, worker.Folder(Id))!.Quarantine);

        await api.Store.QuarantineAsync(new ModuleReference(Id, null), "so is this", Cancellation);
        await api.Sync.ShareAsync(Cancellation);
        await worker.Sync.FetchAsync(Cancellation);
        Assert.Equal("so is this", RecordFile.Find(Id, worker.Folder(Id))!.Quarantine);
    }
}
