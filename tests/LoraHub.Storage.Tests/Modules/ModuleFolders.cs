using System.Security.Cryptography;
using System.Text;
using LoraHub.Core.Modules;
using LoraHub.Storage.Modules;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace LoraHub.Storage.Tests.Modules;

/// <summary>A data folder and the store of its modules, as a process has it.</summary>
sealed class ModuleFolders : IDisposable
{
    readonly List<ServiceProvider> _processes = [];

    public ModuleFolders() => Store = Another();

    public string DataPath { get; } = Directory.CreateTempSubdirectory("lorahub-").FullName;

    public string Models => Path.Combine(DataPath, "models");

    public FileModuleStore Store { get; }

    public StoredFiles Files => _processes[0].GetRequiredService<StoredFiles>();

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static ModuleReport Report => new()
    {
        BaseModel = "google/flan-t5-small",
        Rank = 4,
        Alpha = 8,
        Targets = ["q"],
        DType = "F32",
        Parameters = 64,
        Norm = 1,
        Layers = [],
        Sketch = [],
    };

    /// <summary>The store as one more process has it.</summary>
    public FileModuleStore Another()
    {
        var settings = new Dictionary<string, string?> { ["Data:Path"] = DataPath };
        var services = new ServiceCollection()
            .AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(settings).Build())
            .AddLogging()
            .AddPassingStorage()
            .BuildServiceProvider();
        _processes.Add(services);
        return services.GetRequiredService<FileModuleStore>();
    }

    public string Folder(string id) => Path.Combine(Models, id);

    public string Earlier(string id, string digest) => Path.Combine(Models, ModuleFiles.EarlierVersions, id, digest);

    public string[] EarlierVersions(string id) => Directory.Exists(Earlier(id, "")) ? [.. Directory.GetDirectories(Earlier(id, "")).Select(folder => Path.GetFileName(folder)!).Order()] : [];

    public string Numbers(string id) => File.ReadAllText(Path.Combine(Folder(id), ModuleFiles.Weights));

    public ModuleRecord Record(string id) => ModuleRecord.FromJson(File.ReadAllBytes(Path.Combine(Folder(id), ModuleRecord.FileName)));

    public string[] Left() => Directory.Exists(Path.Combine(Models, ".incoming")) ? Directory.GetFileSystemEntries(Path.Combine(Models, ".incoming")) : [];

    /// <summary>Puts a module there as people do.</summary>
    public void Give(string id, string numbers)
    {
        Directory.CreateDirectory(Folder(id));
        File.WriteAllText(Path.Combine(Folder(id), ModuleFiles.Config), "{}");
        File.WriteAllText(Path.Combine(Folder(id), ModuleFiles.Weights), numbers);
    }

    public async Task<Placement> PlaceAsync(string id, string numbers, string? card = null, string? quarantine = null, FileModuleStore? by = null)
    {
        var store = by ?? Store;
        using var arrival = Arrive(store, numbers, card);
        return await store.PlaceAsync(id, arrival, RecordOf(numbers) with { Quarantine = quarantine }, Cancellation);
    }

    public static ModuleArrival Arrive(FileModuleStore store, string numbers, string? card = null)
    {
        var arrival = store.Begin();
        File.WriteAllText(Path.Combine(arrival.Folder, ModuleFiles.Config), "{}");
        File.WriteAllText(Path.Combine(arrival.Folder, ModuleFiles.Weights), numbers);
        if (card is not null)
        {
            File.WriteAllText(Path.Combine(arrival.Folder, ModuleFiles.Card), card);
        }

        return arrival;
    }

    public static string DigestOf(string numbers) => RecordOf(numbers).Digest;

    public static ModuleRecord RecordOf(string numbers) => new()
    {
        Files = [FileOf(ModuleFiles.Config, "{}"), FileOf(ModuleFiles.Weights, numbers)],
        PublishedAt = DateTimeOffset.UnixEpoch,
        Report = Report,
    };

    public void Dispose()
    {
        _processes.ForEach(process => process.Dispose());
        Directory.Delete(DataPath, recursive: true);
    }

    static ModuleFile FileOf(string name, string content) =>
        new(name, Encoding.UTF8.GetByteCount(content), Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(content))));
}
