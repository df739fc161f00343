using System.Text.Json;
using LoraHub.Api.Modules;
using LoraHub.Core.Modules;
using LoraHub.Inference.Models;
using LoraHub.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace LoraHub.Api.Tests.Modules;

/// <summary>The indexer with the real catalog on folders of its own and the registry of the embedded engine.</summary>
public sealed class ModuleIndexingTests : IAsyncLifetime
{
    const string Id = "mine/colors";

    readonly string _data = Directory.CreateTempSubdirectory("lorahub-").FullName;
    readonly CountingInspector _inspector = new();
    readonly Source _source = new();
    readonly List<ServiceProvider> _processes = [];
    ModuleIndexing _indexing = null!;
    IModuleRegistry _registry = null!;

    static CancellationToken Token => TestContext.Current.CancellationToken;

    string Models => Path.Combine(_data, "models");

    public async ValueTask InitializeAsync() => await StartAsync();

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(_data, recursive: true);
    }

    [Fact]
    public async Task Folders_that_come_change_and_go_are_registered_and_forgotten()
    {
        Make(Id, tensor: 1);
        await _indexing.RefreshAsync(Token);
        var first = await FindAsync();

        Make(Id, tensor: 2);
        await _indexing.RefreshAsync(Token);
        var second = await FindAsync();

        Assert.Equal((1, 2), (first!.Report!.Norm, second!.Report!.Norm));
        Assert.NotEqual(first.Digest, second.Digest);
        Assert.True(first.IsOwned);
        Directory.Delete(Path.Combine(Models, Id), recursive: true);
        await _indexing.RefreshAsync(Token);
        Assert.Equal(0, await _registry.CountAsync(Token));
    }

    [Fact]
    public async Task What_has_not_changed_is_not_read_again_after_a_restart()
    {
        Make(Id, tensor: 1);
        await _indexing.RefreshAsync(Token);
        var before = await FindAsync();
        await StopAsync();
        await StartAsync();

        await _indexing.RefreshAsync(Token);

        Assert.Equal(1, _inspector.Count);
        Assert.Equal(JsonSerializer.Serialize(before), JsonSerializer.Serialize(await FindAsync()));
    }

    [Fact]
    public async Task What_went_while_nothing_ran_is_forgotten_at_the_start()
    {
        Make(Id, tensor: 1);
        await _indexing.RefreshAsync(Token);
        await StopAsync();
        Directory.Delete(Path.Combine(Models, Id), recursive: true);
        await StartAsync();

        await _indexing.RefreshAsync(Token);

        Assert.Equal(0, await _registry.CountAsync(Token));
    }

    [Fact]
    public async Task A_new_card_is_taken_over_without_inspecting_the_same_numbers_again()
    {
        Make(Id, tensor: 1);
        await _indexing.RefreshAsync(Token);
        var before = await FindAsync();
        await File.WriteAllTextAsync(Path.Combine(Models, Id, "README.md"), "---\ntags: [new]\n---\n", Token);

        await _indexing.RefreshAsync(Id, Token);

        var after = await FindAsync();
        Assert.Equal(["new"], after!.Card.Tags);
        Assert.Equal(1, _inspector.Count);
        Assert.Equal(before!.PublishedAt, after.PublishedAt);
    }

    [Fact]
    public async Task Inspecting_leaves_a_folder_made_by_hand_as_it_is()
    {
        Make(Id, tensor: 1);
        var before = Directory.GetFiles(Path.Combine(Models, Id)).Order().ToArray();

        await _indexing.RefreshAsync(Token);

        Assert.Equal(1, _inspector.Count);
        Assert.Equal(before, Directory.GetFiles(Path.Combine(Models, Id)).Order());
        Assert.Empty(Directory.GetDirectories(_data, "arrival-*"));
    }

    [Fact]
    public async Task Broken_folders_are_registered_with_what_is_wrong_until_they_are_mended()
    {
        Make("mine/truncated", tensor: 1);
        await File.WriteAllTextAsync(Path.Combine(Models, "mine/truncated/adapter_model.safetensors"), "x", Token);
        Make(Id, tensor: 1);
        _inspector.Refusal = new ModuleRefusedException("adapter_model.safetensors", "a number is not finite.");

        await _indexing.RefreshAsync(Token);

        Assert.NotNull((await _registry.FindAsync(new ModuleReference("mine/truncated", null), Token))!.Problem);
        var refused = await FindAsync();
        Assert.Equal(("", "a number is not finite.", null), (refused!.Digest, refused.Problem, refused.Report));
        _inspector.Refusal = null;
        Make(Id, tensor: 2);
        await _indexing.RefreshAsync(Token);
        Assert.Null(Assert.Single(await _registry.VersionsAsync(Id, Token)).Problem);
    }

    [Fact]
    public async Task A_record_is_believed_and_a_quarantine_taken_over()
    {
        Make(Id, tensor: 1);
        var record = Record('1') with { Quarantine = "its norm is odd.", Source = "https://hub/mine/colors", PublishedBy = "someone" };
        await File.WriteAllBytesAsync(Path.Combine(Models, Id, ModuleRecord.FileName), record.ToJson(), Token);

        await _indexing.RefreshAsync(Token);

        var found = await FindAsync();
        Assert.Equal(0, _inspector.Count);
        Assert.Equal((record.Digest, "its norm is odd.", null, "someone"), (found!.Digest, found.Quarantine, found.Problem, found.PublishedBy));
    }

    [Fact]
    public async Task Earlier_versions_are_registered_when_the_registry_has_none()
    {
        Make(Id, tensor: 1);
        var record = Record('1');
        var earlier = Make($"{ModuleFiles.EarlierVersions}/{Id}/{record.Digest}", tensor: 2);
        await File.WriteAllBytesAsync(Path.Combine(earlier, ModuleRecord.FileName), record.ToJson(), Token);

        await _indexing.RefreshAsync(Token);

        var versions = await _registry.VersionsAsync(Id, Token);
        Assert.Equal([true, false], versions.Select(version => version.IsCurrent));
        Assert.Equal(record.Digest, versions[1].Digest);
    }

    [Fact]
    public async Task What_other_processes_still_have_stays_registered()
    {
        await StopAsync();
        await StartAsync(_source);
        Make(Id, tensor: 1);
        await _indexing.RefreshAsync(Token);
        Directory.Delete(Path.Combine(Models, Id), recursive: true);

        _source.HasIt = true;
        await _indexing.RefreshAsync(Token);
        Assert.NotNull(await FindAsync());

        _source.HasIt = false;
        await _indexing.RefreshAsync(Id, Token);
        Assert.Null(await FindAsync());
    }

    async Task StartAsync(IModuleSource? source = null)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("Data:Path", _data)]).Build();
        var services = new ServiceCollection().AddSingleton<IConfiguration>(configuration).AddLogging().AddStorage(configuration)
            .AddSingleton<IModuleCatalog>(new FolderModuleCatalog(new ModelFolders([Models], Models), "lorahub/t5-mini"))
            .AddSingleton<IModuleInspector>(_inspector).AddSingleton<IModuleStore>(new Arrivals(_data))
            .AddSingleton<FolderReading>().AddSingleton<ModuleIndexing>();
        var process = (source is null ? services : services.AddSingleton(source)).BuildServiceProvider();
        _processes.Add(process);
        await process.GetServices<IHostedService>().OfType<IHostedLifecycleService>().Single().StartingAsync(Token);
        (_indexing, _registry) = (process.GetRequiredService<ModuleIndexing>(), process.GetRequiredService<IModuleRegistry>());
    }

    async Task StopAsync()
    {
        foreach (var process in _processes)
        {
            await process.DisposeAsync();
        }

        _processes.Clear();
    }

    Task<RegisteredModule?> FindAsync() => _registry.FindAsync(new ModuleReference(Id, null), Token);

    /// <summary>A PEFT folder of r 1 whose weights' file tells its number by its length.</summary>
    string Make(string id, int tensor)
    {
        var folder = Directory.CreateDirectory(Path.Combine(Models, id)).FullName;
        File.WriteAllText(
            Path.Combine(folder, ModuleFiles.Config),
            """{"peft_type": "LORA", "base_model_name_or_path": "lorahub/t5-mini", "r": 1, "lora_alpha": 1, "target_modules": ["q"]}""");
        const string Layer = "base_model.model.encoder.block.0.layer.0.SelfAttention.q";
        var header = JsonSerializer.Serialize(new Dictionary<string, object>
        {
            [Layer + ".lora_A.weight"] = new { dtype = "F32", shape = new[] { 1, tensor }, data_offsets = new[] { 0, 4 * tensor } },
            [Layer + ".lora_B.weight"] = new { dtype = "F32", shape = new[] { tensor, 1 }, data_offsets = new[] { 4 * tensor, 8 * tensor } },
        });
        using var weights = new BinaryWriter(File.Create(Path.Combine(folder, ModuleFiles.Weights)));
        weights.Write((long)header.Length);
        weights.Write(System.Text.Encoding.ASCII.GetBytes(header));
        weights.Write(new byte[8 * tensor]);
        return folder;
    }

    static ModuleRecord Record(char digit) => new()
    {
        Files = [new ModuleFile(ModuleFiles.Config, 1, new string(digit, 64)), new ModuleFile(ModuleFiles.Weights, 1, new string(digit, 64))],
        PublishedAt = DateTimeOffset.UnixEpoch,
        Report = CountingInspector.Report(7),
    };

    sealed class CountingInspector : IModuleInspector
    {
        public int Count { get; private set; }

        public ModuleRefusedException? Refusal { get; set; }

        public ModuleReport Inspect(string folder, CancellationToken cancellationToken)
        {
            Count++;
            var weights = Path.Combine(folder, ModuleFiles.Weights);
            var norm = File.ReadAllText(weights).Contains("[1,1]", StringComparison.Ordinal) ? 1 : 2;
            File.Delete(weights); // whatever it does, it does to its own
            return Refusal is null ? Report(norm) : throw Refusal;
        }

        public IReadOnlyList<double> Cosines(ModuleInfo one, IReadOnlyList<ModuleInfo> others, CancellationToken cancellationToken) => throw new NotSupportedException();

        public static ModuleReport Report(double norm) => new()
        {
            BaseModel = "lorahub/t5-mini",
            Rank = 1,
            Alpha = 1,
            Targets = ["q"],
            DType = "F32",
            Parameters = 2,
            Norm = norm,
            Layers = [],
            Sketch = [],
        };
    }

    sealed class Arrivals(string folder) : IModuleStore
    {
        public ModuleArrival Begin() => new(Directory.CreateDirectory(Path.Combine(folder, "arrival-" + Path.GetRandomFileName())).FullName);

        public Task<Placement> PlaceAsync(string id, ModuleArrival arrival, ModuleRecord record, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<bool> QuarantineAsync(ModuleReference reference, string? reason, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<bool> RemoveAsync(string id, CancellationToken cancellationToken) => throw new NotSupportedException();
    }

    sealed class Source : IModuleSource
    {
        public bool HasIt { get; set; }

        public Task FetchAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task ShareAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public bool IsPublished(string id) => HasIt;
    }
}
