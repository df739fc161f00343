using NATS.Client.JetStream;

namespace LoraHub.Storage.Tests.Distributed;

/// <summary>What a removal does to the folders of all processes and to the files on the server.</summary>
public sealed class ModuleRemovalTests(NatsServer nats) : ModuleProcesses(nats)
{
    [Fact]
    public async Task What_one_node_removes_goes_everywhere_until_the_name_is_published_again()
    {
        var (api, other, worker) = (Start(publishes: true), Start(publishes: true), Start(publishes: false));
        await api.PlaceAsync(Id, "one");
        await api.PlaceAsync(Id, "two");
        await api.SyncAsync();
        await other.SyncAsync();
        await worker.Sync.FetchAsync(Cancellation);
        Assert.True(worker.Sync.IsPublished(Id));

        Assert.True(await api.Store.RemoveAsync(Id, Cancellation));
        await api.SyncAsync();
        await other.SyncAsync();
        await worker.Sync.FetchAsync(Cancellation);
        Assert.Empty(api.Ids());
        Assert.Empty(other.Ids());
        Assert.Empty(worker.Ids());
        Assert.Empty(worker.EarlierVersions(Id));
        Assert.False(worker.Sync.IsPublished(Id));

        await other.PlaceAsync(Id, "three");
        await other.SyncAsync();
        await api.SyncAsync();
        await worker.Sync.FetchAsync(Cancellation);
        Assert.Equal("three", api.Numbers(Id));
        Assert.Equal("three", worker.Numbers(Id));
        Assert.Empty(worker.EarlierVersions(Id));
    }

    /// <summary>It makes room first, since its message needs some.</summary>
    [Fact]
    public async Task A_removal_goes_everywhere_although_the_server_is_full()
    {
        Nats.UrlOrSkip();
        await using var full = new NatsServer { MaxFileStore = 3_000_000 };
        await full.InitializeAsync();
        var (api, worker) = (Start(publishes: true, full), Start(publishes: false, full));
        await api.PlaceAsync(Id, new string('x', 300_000));
        await api.SyncAsync();
        await worker.Sync.FetchAsync(Cancellation);
        await full.FillAsync(api.Broker.JetStream);

        Assert.True(await api.Store.RemoveAsync(Id, Cancellation));
        await Assert.ThrowsAsync<NatsJSApiException>(api.SyncAsync); // its files are too young to be deleted
        Assert.True(worker.Local.Has(Id));

        api.Clock.Ahead = TimeSpan.FromHours(2);
        await api.SyncAsync();
        await worker.Sync.FetchAsync(Cancellation);
        Assert.Empty(worker.Ids());
        Assert.Empty(await api.FilesAsync());
    }

    [Fact]
    public async Task The_files_of_a_removed_module_are_deleted_unless_another_has_them()
    {
        var api = Start(publishes: true);
        api.Give(Id, "one");
        api.Give("mine/spanish", "another");
        await api.SyncAsync();
        Assert.Equal(3, (await api.FilesAsync()).Count); // both have the same configuration

        api.Clock.Ahead = TimeSpan.FromHours(2);
        await api.Store.RemoveAsync(Id, Cancellation);
        await api.SyncAsync();

        Assert.Equal(2, (await api.FilesAsync()).Count);
        await api.Store.RemoveAsync("mine/spanish", Cancellation);
        await api.SyncAsync();
        Assert.Empty(await api.FilesAsync());
    }

    [Fact]
    public async Task A_file_that_is_published_again_is_as_young_as_a_new_one()
    {
        var api = Start(publishes: true);
        api.Give(Id, "one");
        await api.SyncAsync();
        var before = (await api.FilesAsync()).Select(file => file.MTime).Max();

        api.Give("mine/spanish", "one");
        await api.SyncAsync();

        Assert.Equal(2, (await api.FilesAsync()).Count);
        Assert.All(await api.FilesAsync(), file => Assert.True(file.MTime > before));
    }

    [Fact]
    public async Task A_process_that_missed_a_removal_keeps_none_of_the_versions_of_before()
    {
        var (api, worker) = (Start(publishes: true), Start(publishes: false));
        await api.PlaceAsync(Id, "one");
        await api.SyncAsync();
        await worker.Sync.FetchAsync(Cancellation);

        await api.Store.RemoveAsync(Id, Cancellation);
        await api.SyncAsync();
        await api.PlaceAsync(Id, "two");
        await api.SyncAsync();
        await worker.Sync.FetchAsync(Cancellation);

        Assert.Equal("two", worker.Numbers(Id));
        Assert.Empty(worker.EarlierVersions(Id));
    }

    [Fact]
    public async Task A_server_that_lost_its_disk_removes_nothing_and_gets_all_again()
    {
        var (api, worker, late) = (Start(publishes: true), Start(publishes: false), Start(publishes: false));
        await api.PlaceAsync(Id, "one");
        await api.SyncAsync();
        await worker.Sync.FetchAsync(Cancellation);
        await api.Broker.JetStream.DeleteStreamAsync($"KV_{Prefix}-values", Cancellation);
        await api.Broker.JetStream.DeleteStreamAsync($"OBJ_{Prefix}-modules", Cancellation);
        var returned = Start(publishes: false); // the next to connect makes what is missing
        await returned.Sync.FetchAsync(Cancellation);

        await worker.Sync.FetchAsync(Cancellation);
        Assert.Equal("one", worker.Numbers(Id));
        await api.SyncAsync();
        Assert.Equal("one", api.Numbers(Id));
        await late.Sync.FetchAsync(Cancellation);
        Assert.Equal("one", late.Numbers(Id));
    }
}
