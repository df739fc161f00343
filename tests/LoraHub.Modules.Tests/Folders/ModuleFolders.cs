using System.Security.Cryptography;
using System.Text;
using LoraHub.Core;
using LoraHub.Modules.Folders;
using LoraHub.Modules.Library;
using LoraHub.Modules.Versions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace LoraHub.Modules.Tests.Folders;

/// <summary>A data folder with its module store, as in one process.</summary>
sealed class ModuleFolders : IDisposable
{
    readonly List<ServiceProvider> _processes = [];

    public ModuleFolders() => Store = Another();

    public string DataPath { get; } = Directory.CreateTempSubdirectory("lorahub-").FullName;

    public string Models => Path.Combine(DataPath, "models");

    public VersionStore Store { get; }

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

    /// <summary>Opens the store as another process does.</summary>
    public VersionStore Another()
    {
        var services = new ServiceCollection()
            .AddSingleton(Options.Create(new DataOptions { Path = DataPath }))
            .AddModuleLibrary()
            .BuildServiceProvider();
        _processes.Add(services);
        return services.GetRequiredService<VersionStore>();
    }

    public string Folder(string id) => Path.Combine(Models, id);

    public string Earlier(string id, string digest) => Path.Combine(Models, LibraryFolder.EarlierFolder, id, digest);

    public string[] EarlierVersions(string id) => Directory.Exists(Earlier(id, ""))
        ? [.. Directory.GetDirectories(Earlier(id, "")).Select(folder => Path.GetFileName(folder)!).Order()]
        : [];

    public string Numbers(string id) => File.ReadAllText(Path.Combine(Folder(id), ModuleFiles.Weights));

    public ModuleVersion Record(string id) => RecordFile.Find(id, Folder(id))!;

    /// <summary>The temporary files.</summary>
    public string[] Left() => Path.Combine(Models, ".incoming") is var incoming && Directory.Exists(incoming)
        ? Directory.GetFileSystemEntries(incoming)
        : [];

    /// <summary>Creates a module folder as by hand, without a record.</summary>
    public void Give(string id, string numbers)
    {
        Directory.CreateDirectory(Folder(id));
        File.WriteAllText(Path.Combine(Folder(id), ModuleFiles.Config), "{}");
        File.WriteAllText(Path.Combine(Folder(id), ModuleFiles.Weights), numbers);
    }

    public async Task<Placement> PlaceAsync(string id, string numbers, string? card = null, string? quarantine = null, VersionStore? by = null)
    {
        var store = by ?? Store;
        using var incoming = Arrive(store, numbers, card);
        return await store.PlaceAsync(RecordOf(numbers) with { Id = id, Quarantine = quarantine }, incoming, Cancellation);
    }

    public static IncomingFolder Arrive(VersionStore store, string numbers, string? card = null)
    {
        var incoming = store.Begin();
        File.WriteAllText(Path.Combine(incoming.Path, ModuleFiles.Config), "{}");
        File.WriteAllText(Path.Combine(incoming.Path, ModuleFiles.Weights), numbers);
        if (card is not null)
        {
            File.WriteAllText(Path.Combine(incoming.Path, ModuleFiles.Card), card);
        }

        return incoming;
    }

    public static string DigestOf(string numbers) => RecordOf(numbers).Digest!;

    public static ModuleVersion RecordOf(string numbers)
    {
        ModuleFile[] files = [FileOf(ModuleFiles.Config, "{}"), FileOf(ModuleFiles.Weights, numbers)];
        return new ModuleVersion
        {
            Id = "",
            Digest = ModuleFiles.Digest(files),
            Files = files,
            PublishedAt = DateTimeOffset.UnixEpoch,
            Report = Report,
        };
    }

    public void Dispose()
    {
        _processes.ForEach(process => process.Dispose());
        Directory.Delete(DataPath, recursive: true);
    }

    static ModuleFile FileOf(string name, string content) =>
        new(name, Encoding.UTF8.GetByteCount(content), Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(content))));
}
