using System.Text;
using LoraHub.Modules.Tests.Folders;
using LoraHub.Storage.Distributed;
using LoraHub.Storage.Tests.Contracts;
using NATS.Client.ObjectStore.Models;

namespace LoraHub.Storage.Tests.Distributed;

/// <summary>Modules that one process has, in the folders of the others.</summary>
public sealed class ModuleSyncTests(NatsServer nats) : ModuleProcesses(nats)
{
    [Fact]
    public async Task A_module_that_one_node_is_given_comes_to_the_others_and_so_does_its_next_version()
    {
        var (api, worker) = (Start(publishes: true), Start(publishes: false));
        api.Give(Id, "one");
        await api.SyncAsync();

        await worker.Sync.FetchAsync(Cancellation);
        Assert.Equal("one", worker.Numbers(Id));
        Assert.Equal("{}", File.ReadAllText(Path.Combine(worker.Folder(Id), "adapter_config.json")));

        api.Give(Id, "another");
        await api.SyncAsync();
        await worker.Sync.FetchAsync(Cancellation);
        Assert.Equal("another", worker.Numbers(Id));
        Assert.Equal("another", api.Numbers(Id));
    }

    [Fact]
    public async Task What_is_shared_can_be_fetched_at_once()
    {
        var (api, worker) = (Start(publishes: true), Start(publishes: false));
        api.Give(Id, "one");

        await api.Sync.ShareAsync(Cancellation);
        await worker.Sync.FetchAsync(Cancellation);
        Assert.Equal("one", worker.Numbers(Id));

        api.Give(Id, "another");
        await api.Sync.ShareAsync(Cancellation);
        await worker.Sync.FetchAsync(Cancellation);
        Assert.Equal("another", worker.Numbers(Id));
    }

    [Fact]
    public async Task A_worker_shares_a_module_that_it_has_made_and_its_removal()
    {
        var (api, worker) = (Start(publishes: true), Start(publishes: false));
        await api.PlaceAsync(Id, "one");
        await api.SyncAsync();
        await worker.Sync.FetchAsync(Cancellation);
        await worker.PlaceAsync(Id, "two");
        await worker.PlaceAsync("mine/other", "three");

        await worker.Sync.ShareAsync(Id, Cancellation);
        await worker.Sync.ShareAsync("mine/other", Cancellation);
        await api.Sync.FetchAsync(Cancellation);
        Assert.Equal(("two", "three"), (api.Numbers(Id), api.Numbers("mine/other")));
        Assert.Single(api.EarlierVersions(Id));

        Assert.True(await worker.Store.RemoveAsync("mine/other", Cancellation));
        await worker.Sync.ShareAsync("mine/other", Cancellation);
        await api.Sync.FetchAsync(Cancellation);
        Assert.Equal([Id], api.Ids());
    }

    [Fact]
    public async Task What_a_worker_was_given_itself_stays_its_own()
    {
        var (api, worker) = (Start(publishes: true), Start(publishes: false));
        worker.Give(Id, "the worker's");
        api.Give(Id, "the node's");
        await api.SyncAsync();

        await worker.Sync.FetchAsync(Cancellation);

        Assert.Equal("the worker's", worker.Numbers(Id));
    }

    [Fact]
    public async Task What_is_no_module_is_not_published()
    {
        var (api, worker) = (Start(publishes: true), Start(publishes: false));
        Directory.CreateDirectory(api.Folder("google/flan-t5"));
        File.WriteAllText(Path.Combine(api.Folder("google/flan-t5"), "config.json"), "{}");
        api.Give(Id, "one");
        await api.SyncAsync();

        await worker.Sync.FetchAsync(Cancellation);

        Assert.Equal([Id], worker.Ids());
    }

    [Fact]
    public async Task An_object_that_is_not_what_the_manifest_says_changes_nothing()
    {
        var (api, worker) = (Start(publishes: true), Start(publishes: false));
        api.Give(Id, "one");
        api.Give("mine/spanish", "dos");
        await api.SyncAsync();
        var modules = (await api.Broker.StreamsAsync(Cancellation)).Modules;
        var module = api.Local.Read(Id);
        var numbers = module.Files.Single(file => file.Name == "adapter_model.safetensors");
        await modules.PutAsync(new ObjectMetadata { Name = numbers.Sha256 }, new MemoryStream("0ne"u8.ToArray()), cancellationToken: Cancellation);

        await worker.Sync.FetchAsync(Cancellation);

        Assert.Equal(["mine/spanish"], worker.Ids());
        Assert.Contains("mine/french", worker.Log.ToString());
    }

    [Theory]
    [InlineData("mine/evil", """{"Id": "mine/evil", "Files": [{"Name": "../../evil", "Size": 1, "Sha256": "SHA256"}]}""")]
    [InlineData("mine/evil", """{"Id": "../evil", "Files": []}""")]
    [InlineData("mine/evil", """{"Id": "other/name", "Files": [{"Name": "adapter_config.json", "Size": 1, "Sha256": "SHA256"}]}""")]
    [InlineData("mine/evil", """{"Id": "mine/evil", "Files": [{"Name": "adapter_config.json", "Size": 99999999999, "Sha256": "SHA256"}]}""")]
    [InlineData("mine/evil", "null")]
    [InlineData("mine/evil", "no JSON")]
    [InlineData("../../evil", "{}")]
    public async Task An_invalid_manifest_is_refused_and_nothing_is_written(string key, string manifest)
    {
        manifest = manifest.Replace("SHA256", "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b", StringComparison.Ordinal);
        var worker = Start(publishes: false);
        var values = (await worker.Broker.StreamsAsync(Cancellation)).Values;
        await values.PutAsync(Subjects.ModuleOf(key), Encoding.UTF8.GetBytes(manifest), cancellationToken: Cancellation);

        await worker.Sync.FetchAsync(Cancellation);

        Assert.Empty(worker.Ids());
        Assert.False(File.Exists(Path.Combine(worker.DataPath, "evil")));
        Assert.Contains("Ignored the published module", worker.Log.ToString());
    }

    [Fact]
    public async Task A_module_or_version_that_was_just_published_is_fetched_when_it_is_asked_for()
    {
        var (worker, api) = (Start(publishes: false), Start(publishes: true));
        await api.Sync.FetchNewAsync(Cancellation);
        await worker.PlaceAsync(Id, "one");
        await worker.Sync.ShareAsync(Id, Cancellation);

        await api.Sync.FetchNewAsync(Cancellation);
        Assert.Equal("one", api.Numbers(Id));
        Assert.True(api.Sync.IsPublished(Id));

        await worker.PlaceAsync(Id, "two");
        await worker.Sync.ShareAsync(Id, Cancellation);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => api.Sync.FetchNewAsync(Cancellation)));
        Assert.Equal("two", api.Numbers(Id));
        Assert.Equal([ModuleFolders.DigestOf("one")], api.EarlierVersions(Id));
    }

    [Fact]
    public async Task Looking_for_a_new_module_ends_although_the_server_is_away()
    {
        Nats.UrlOrSkip();
        await using var lost = new NatsServer();
        await lost.InitializeAsync();
        var api = Start(publishes: true, lost);
        await api.Sync.FetchNewAsync(Cancellation);
        await lost.DisposeAsync();

        await api.Sync.FetchNewAsync(Cancellation).WaitAsync(Wait.Limit, Cancellation);

        Assert.Empty(api.Ids());
    }
}
