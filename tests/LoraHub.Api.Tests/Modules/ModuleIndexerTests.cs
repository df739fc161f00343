using System.Text.Json;
using LoraHub.Modules.Folders;
using LoraHub.Modules.Library;
using LoraHub.Modules.Versions;
using LoraHub.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace LoraHub.Api.Tests.Modules;

/// <summary>Tests the indexer with the real library, folders of its own and the embedded engine's index.</summary>
public sealed class ModuleIndexerTests : IAsyncLifetime
{
    const string Id = "mine/colors";

    readonly string _data = Directory.CreateTempSubdirectory("lorahub-").FullName;
    readonly Source _source = new();
    readonly List<ServiceProvider> _processes = [];
    ModuleIndexer _indexer = null!;
    IModuleIndex _index = null!;

    static CancellationToken Token => TestContext.Current.CancellationToken;

    string Models => Path.Combine(_data, "models");

    public async ValueTask InitializeAsync() => await StartAsync();

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(_data, recursive: true);
    }

    [Fact]
    public async Task New_changed_and_deleted_folders_are_indexed()
    {
        Make(Id, tensor: 1);
        await _indexer.RefreshAsync(Token);
        var first = await FindAsync();

        Make(Id, tensor: 2);
        await _indexer.RefreshAsync(Token);
        var second = await FindAsync();

        Assert.Equal((1, 2), (first!.Report!.Norm, second!.Report!.Norm));
        Assert.NotEqual(first.Digest, second.Digest);
        Assert.True(first.IsOwned);
        Directory.Delete(Path.Combine(Models, Id), recursive: true);
        await _indexer.RefreshAsync(Token);
        Assert.Empty((await _index.ListAsync(new ModuleQuery(), Token)));
    }

    [Fact]
    public async Task Unchanged_modules_are_not_read_again_after_a_restart()
    {
        Make(Id, tensor: 1);
        await _indexer.RefreshAsync(Token);
        var before = await FindAsync();
        await StopAsync();
        Spoil(Id);
        await StartAsync();

        await _indexer.RefreshAsync(Token);

        Assert.Equal(JsonSerializer.Serialize(before), JsonSerializer.Serialize(await FindAsync()));
    }

    [Fact]
    public async Task A_module_deleted_while_the_service_was_stopped_is_removed_at_the_start()
    {
        Make(Id, tensor: 1);
        await _indexer.RefreshAsync(Token);
        await StopAsync();
        Directory.Delete(Path.Combine(Models, Id), recursive: true);
        await StartAsync();

        await _indexer.RefreshAsync(Token);

        Assert.Empty((await _index.ListAsync(new ModuleQuery(), Token)));
    }

    [Fact]
    public async Task A_new_card_is_indexed_without_inspecting_the_weights_again()
    {
        Make(Id, tensor: 1);
        await _indexer.RefreshAsync(Token);
        var before = await FindAsync();
        await _index.PutAsync(before! with { Report = before.Report! with { Norm = 42 } }, Token);
        await File.WriteAllTextAsync(Path.Combine(Models, Id, "README.md"), "---\ntags: [new]\n---\n", Token);

        await _indexer.RefreshAsync(Id, Token);

        var after = await FindAsync();
        Assert.Equal(["new"], after!.Card.Tags);
        Assert.Equal(42, after.Report!.Norm);
        Assert.Equal(before!.PublishedAt, after.PublishedAt);
    }

    [Fact]
    public async Task Inspecting_does_not_change_a_folder_that_was_created_by_hand()
    {
        Make(Id, tensor: 1);
        var before = Directory.GetFiles(Path.Combine(Models, Id)).Order().ToArray();

        await _indexer.RefreshAsync(Token);

        Assert.NotNull((await FindAsync())!.Report);
        Assert.Equal(before, Directory.GetFiles(Path.Combine(Models, Id)).Order());
    }

    [Fact]
    public async Task Broken_folders_are_indexed_with_their_problem_until_they_are_repaired()
    {
        Make("mine/truncated", tensor: 1);
        await File.WriteAllTextAsync(Path.Combine(Models, "mine/truncated/adapter_model.safetensors"), "x", Token);
        Make(Id, tensor: 1, number: float.NaN);

        await _indexer.RefreshAsync(Token);

        Assert.NotNull((await _index.FindAsync(new ModuleReference("mine/truncated", null), Token))!.Problem);
        var refused = await FindAsync();
        Assert.Equal(
            (null, "`encoder.block.0.layer.0.SelfAttention.q` holds a number that is not finite (NaN or infinity).", null),
            (refused!.Digest, refused.Problem, refused.Report));
        Make(Id, tensor: 2);
        await _indexer.RefreshAsync(Token);
        Assert.Null(Assert.Single(await _index.VersionsAsync(Id, Token)).Problem);
    }

    [Fact]
    public async Task A_record_is_used_with_its_quarantine()
    {
        Make(Id, tensor: 1);
        var record = Record('1') with { Quarantine = "its norm is odd.", Source = "https://hub/mine/colors", PublishedBy = "someone" };
        RecordFile.Write(Path.Combine(Models, Id), record);

        await _indexer.RefreshAsync(Token);

        var found = await FindAsync();
        Assert.Equal(
            (record.Digest, 7, "its norm is odd.", null, "someone"),
            (found!.Digest, found.Report!.Norm, found.Quarantine, found.Defect, found.PublishedBy));
    }

    [Fact]
    public async Task Earlier_versions_are_indexed_if_the_index_has_none()
    {
        Make(Id, tensor: 1);
        var record = Record('1');
        var earlier = Make($"{LibraryFolder.EarlierFolder}/{Id}/{record.Digest}", tensor: 2);
        RecordFile.Write(earlier, record);

        await _indexer.RefreshAsync(Token);

        var versions = await _index.VersionsAsync(Id, Token);
        Assert.Equal([true, false], versions.Select(version => version.IsCurrent));
        Assert.Equal(record.Digest, versions[1].Digest);
    }

    [Fact]
    public async Task Modules_that_other_processes_publish_stay_indexed()
    {
        await StopAsync();
        await StartAsync(_source);
        Make(Id, tensor: 1);
        await _indexer.RefreshAsync(Token);
        Directory.Delete(Path.Combine(Models, Id), recursive: true);

        _source.HasIt = true;
        await _indexer.RefreshAsync(Token);
        Assert.NotNull(await FindAsync());

        _source.HasIt = false;
        await _indexer.RefreshAsync(Id, Token);
        Assert.Null(await FindAsync());
    }

    async Task StartAsync(IModuleExchange? source = null)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("Data:Path", _data)]).Build();
        var services = new ServiceCollection().AddSingleton<IConfiguration>(configuration).AddLogging().AddStorage(configuration)
            .AddSingleton(new SearchPath([Models], Models)).AddSingleton<ModuleIndexer>();
        var process = (source is null ? services : services.AddSingleton(source)).BuildServiceProvider();
        _processes.Add(process);
        await process.GetServices<IHostedService>().OfType<IHostedLifecycleService>().Single().StartingAsync(Token);
        (_indexer, _index) = (process.GetRequiredService<ModuleIndexer>(), process.GetRequiredService<IModuleIndex>());
    }

    async Task StopAsync()
    {
        foreach (var process in _processes)
        {
            await process.DisposeAsync();
        }

        _processes.Clear();
    }

    Task<ModuleVersion?> FindAsync() => _index.FindAsync(new ModuleReference(Id, null), Token);

    /// <summary>Replaces a module's weights without changing its stamp.</summary>
    void Spoil(string id)
    {
        var file = new FileInfo(Path.Combine(Models, id, ModuleFiles.Weights));
        var time = file.LastWriteTimeUtc;
        File.WriteAllBytes(file.FullName, new byte[file.Length]);
        File.SetLastWriteTimeUtc(file.FullName, time);
    }

    /// <summary>Creates a PEFT folder with r 1 whose update has the tensor's size as its norm.</summary>
    string Make(string id, int tensor, float? number = null)
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
        foreach (var factor in (float[])[number ?? tensor, 1])
        {
            weights.Write(factor);
            weights.Write(new byte[4 * (tensor - 1)]);
        }

        return folder;
    }

    static ModuleVersion Record(char digit)
    {
        ModuleFile[] files = [new(ModuleFiles.Config, 1, new string(digit, 64)), new(ModuleFiles.Weights, 1, new string(digit, 64))];
        return new ModuleVersion
        {
            Id = Id,
            Digest = ModuleFiles.Digest(files),
            Files = files,
            PublishedAt = DateTimeOffset.UnixEpoch,
            Report = new ModuleReport
            {
                BaseModel = "lorahub/t5-mini",
                Rank = 1,
                Alpha = 1,
                Targets = ["q"],
                DType = "F32",
                Parameters = 2,
                Norm = 7,
                Layers = [],
                Sketch = [],
            },
        };
    }

    sealed class Source : IModuleExchange
    {
        public bool HasIt { get; set; }

        public Task FetchAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task FetchNewAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task ShareAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task ShareAsync(string id, CancellationToken cancellationToken) => Task.CompletedTask;

        public bool IsPublished(string id) => HasIt;
    }
}
