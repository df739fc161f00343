using System.Text;
using LoraHub.Core.Predictions;
using LoraHub.Modules.Folders;
using LoraHub.Modules.Tests.Folders;
using LoraHub.Modules.Versions;
using LoraHub.Storage.Distributed;
using LoraHub.Storage.Distributed.Modules;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using NATS.Client.JetStream;
using NATS.Client.ObjectStore.Models;

namespace LoraHub.Storage.Tests.Distributed;

/// <summary>Modules that one process was given, in the folders of the others.</summary>
public sealed class ModuleSyncTests(NatsServer nats) : IAsyncDisposable
{
    const string Id = "mine/french";

    readonly string _prefix = "test-" + PredictionId.New()[..20];
    readonly List<Process> _processes = [];

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
        {
            await process.DisposeAsync();
        }
    }

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
    public async Task WhatOneNodeRemovesGoesEverywhereUntilTheNameIsPublishedAgain()
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
    public async Task ARemovalGoesEverywhereThoughTheServerIsFull()
    {
        nats.UrlOrSkip();
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
    public async Task TheFilesOfARemovedModuleGoUnlessAnotherHasThem()
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
    public async Task AFileThatIsPublishedAgainIsAsYoungAsANewOne()
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
    public async Task AProcessThatSleptThroughARemovalKeepsNoneOfTheVersionsOfBefore()
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
    public async Task AServerThatLostItsDiskRemovesNothingAndIsGivenAllAgain()
    {
        var (api, worker, late) = (Start(publishes: true), Start(publishes: false), Start(publishes: false));
        await api.PlaceAsync(Id, "one");
        await api.SyncAsync();
        await worker.Sync.FetchAsync(Cancellation);
        await api.Broker.JetStream.DeleteStreamAsync($"KV_{_prefix}-values", Cancellation);
        await api.Broker.JetStream.DeleteStreamAsync($"OBJ_{_prefix}-modules", Cancellation);
        var returned = Start(publishes: false); // the next to connect makes what is missing
        await returned.Sync.FetchAsync(Cancellation);

        await worker.Sync.FetchAsync(Cancellation);
        Assert.Equal("one", worker.Numbers(Id));
        await api.SyncAsync();
        Assert.Equal("one", api.Numbers(Id));
        await late.Sync.FetchAsync(Cancellation);
        Assert.Equal("one", late.Numbers(Id));
    }

    [Fact]
    public async Task AWorkerThatComesLaterHasTheEarlierVersionsToo()
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
    public async Task VersionsThatTwoNodesPlaceAtOnceBothStay()
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
    public async Task AQuarantineReachesAWorkerForTheVersionThatIsMeant()
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

    Process Start(bool publishes, NatsServer? on = null)
    {
        var process = new Process((on ?? nats).UrlOrSkip(), _prefix, publishes);
        _processes.Add(process);
        return process;
    }

    /// <summary>What of a process has to do with modules.</summary>
    sealed class Process : IAsyncDisposable
    {
        readonly ServiceProvider _services;

        public Process(string nats, string prefix, bool publishes)
        {
            var settings = new Dictionary<string, string?> { ["Data:Path"] = DataPath, ["Distributed:Nats"] = nats, ["Distributed:Prefix"] = prefix };
            _services = new ServiceCollection()
                .AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(settings).Build())
                .AddLogging(logging => logging.AddProvider(new Logs(Log)))
                .AddSingleton<TimeProvider>(Clock)
                .AddWorkerStorage()
                .BuildServiceProvider();
            Sync = ActivatorUtilities.CreateInstance<ModuleSync>(_services, publishes);
        }

        public string DataPath { get; } = Directory.CreateTempSubdirectory("lorahub-").FullName;

        public StringBuilder Log { get; } = new();

        public ModuleSync Sync { get; }

        public Clock Clock { get; } = new();

        public Broker Broker => _services.GetRequiredService<Broker>();

        public string Folder(string id) => Path.Combine(DataPath, "models", id);

        public void Give(string id, string numbers)
        {
            Directory.CreateDirectory(Folder(id));
            File.WriteAllText(Path.Combine(Folder(id), "adapter_config.json"), "{}");
            File.WriteAllText(Path.Combine(Folder(id), "adapter_model.safetensors"), numbers);
        }

        public VersionStore Store => _services.GetRequiredService<VersionStore>();

        public async Task PlaceAsync(string id, string numbers)
        {
            using var incoming = ModuleFolders.Arrive(Store, numbers);
            await Store.PlaceAsync(ModuleFolders.RecordOf(numbers) with { Id = id }, incoming, Cancellation);
        }

        public IEnumerable<string?> EarlierVersions(string id) =>
            Directory.Exists(Folder($".versions/{id}")) ? Directory.GetDirectories(Folder($".versions/{id}")).Select(Path.GetFileName) : [];

        public string Numbers(string id) => File.ReadAllText(Path.Combine(Folder(id), "adapter_model.safetensors"));

        public LocalModules Local => _services.GetRequiredService<LocalModules>();

        public IReadOnlyList<string> Ids() => Local.List();

        /// <summary>The modules' files on the server.</summary>
        public async Task<IReadOnlyList<ObjectMetadata>> FilesAsync() =>
            await (await Broker.StreamsAsync(Cancellation)).Modules.AllAsync(Cancellation);

        public Task SyncAsync() => Sync.SyncAsync(publish: true, Cancellation);

        public async ValueTask DisposeAsync()
        {
            Sync.Dispose();
            await _services.DisposeAsync();
            Directory.Delete(DataPath, recursive: true);
        }
    }

    sealed class Logs(StringBuilder lines) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (lines)
            {
                lines.AppendLine(formatter(state, exception));
            }
        }

        public void Dispose()
        {
        }
    }

    /// <summary>The system's time, or later.</summary>
    sealed class Clock : TimeProvider
    {
        public TimeSpan Ahead { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Ahead;
    }
}
