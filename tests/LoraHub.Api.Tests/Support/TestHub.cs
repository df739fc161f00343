using System.Runtime.InteropServices;
using System.Text.Json;
using LoraHub.Core.Modules;

namespace LoraHub.Api.Tests.Support;

/// <summary>A hub in memory, but for the modules' files: what is published beside the modules of a script. A module's weights are its update, in fp32.</summary>
sealed class TestHub(string folder, IModuleCatalog scripted) : IModuleCatalog, IModuleStore, IModuleRegistry, IModuleInspector
{
    readonly Lock _lock = new();
    readonly List<(string Id, string Folder, ModuleRecord Record)> _versions = []; // of a name the last is current
    readonly List<RegisteredModule> _registered = []; // of a name the last is current

    /// <summary>Where files arrive.</summary>
    public string Arrivals { get; } = Path.Combine(folder, "arrivals");

    /// <summary>What <see cref="HoldersAsync"/> says of every module.</summary>
    public IReadOnlyList<string> Holders { get; set; } = [];

    public string DefaultBaseModel => scripted.DefaultBaseModel;

    public string DigestBaseModel() => scripted.DigestBaseModel();

    public IReadOnlyList<ModuleInfo> List()
    {
        lock (_lock)
        {
            return [.. scripted.List(), .. _versions.GroupBy(version => version.Id).Select(name => Info(name.Last()))];
        }
    }

    public IReadOnlyDictionary<string, string> Stamps()
    {
        lock (_lock)
        {
            return _versions.GroupBy(version => version.Id).ToDictionary(name => name.Key, name => Info(name.Last()).Stamp);
        }
    }

    public ModuleInfo? Find(ModuleReference reference)
    {
        lock (_lock)
        {
            return _versions.LastOrDefault(version => version.Id == reference.Id && reference.Means(version.Record.Digest)) is { Id: not null } found ? Info(found) : scripted.Find(reference);
        }
    }

    public ModuleArrival Begin() => new(Directory.CreateDirectory(Path.Combine(Arrivals, Guid.NewGuid().ToString("N"))).FullName);

    public Task<Placement> PlaceAsync(string id, ModuleArrival arrival, ModuleRecord record, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            var isNew = _versions.TrueForAll(version => version.Id != id);
            var isKnown = _versions.RemoveAll(version => version.Id == id && version.Record.Digest == record.Digest) > 0;
            var place = Path.Combine(Directory.CreateDirectory(Path.Combine(folder, "placed")).FullName, Guid.NewGuid().ToString("N"));
            Directory.Move(arrival.Folder, place);
            _versions.Add((id, place, record));
            return Task.FromResult(isNew ? Placement.New : isKnown ? Placement.Known : Placement.NewVersion);
        }
    }

    public Task<bool> QuarantineAsync(ModuleReference reference, string? reason, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            var at = _versions.FindLastIndex(version => version.Id == reference.Id && reference.Means(version.Record.Digest));
            if (at >= 0)
            {
                _versions[at] = _versions[at] with { Record = _versions[at].Record with { Quarantine = reason } };
            }

            return Task.FromResult(at >= 0);
        }
    }

    Task<bool> IModuleStore.RemoveAsync(string id, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return Task.FromResult(_versions.RemoveAll(version => version.Id == id) > 0);
        }
    }

    public Task<IReadOnlyList<RegisteredModule>> ListAsync(ModuleQuery query, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return Task.FromResult<IReadOnlyList<RegisteredModule>>([.. _registered.GroupBy(version => version.Id).Select(name => name.Last() with { IsCurrent = true })
                .Where(module => (query.Owner is null || module.Id.StartsWith($"{query.Owner}/", StringComparison.Ordinal))
                    && (query.Text is null || module.Id.Contains(query.Text, StringComparison.Ordinal) || module.Card.Text.Contains(query.Text, StringComparison.Ordinal))
                    && (query.Rank is null || module.Report?.Rank == query.Rank))
                .OrderBy(module => module.Id, StringComparer.Ordinal).Skip(query.Skip).Take(query.Limit)]);
        }
    }

    public async Task<int> CountAsync(CancellationToken cancellationToken) => (await ListAsync(new ModuleQuery { Limit = int.MaxValue }, cancellationToken)).Count;

    public async Task<RegisteredModule?> FindAsync(ModuleReference reference, CancellationToken cancellationToken) =>
        (await VersionsAsync(reference.Id, cancellationToken)).FirstOrDefault(version => reference.Means(version.Digest));

    public Task<IReadOnlyList<RegisteredModule>> VersionsAsync(string id, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return Task.FromResult<IReadOnlyList<RegisteredModule>>([.. _registered.Where(version => version.Id == id).Reverse().Select((version, index) => version with { IsCurrent = index == 0 })]);
        }
    }

    public Task<IReadOnlyDictionary<string, string>> StampsAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return Task.FromResult<IReadOnlyDictionary<string, string>>(_registered.GroupBy(version => version.Id).ToDictionary(name => name.Key, name => name.Last().Stamp));
        }
    }

    public Task PutAsync(RegisteredModule registered, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _registered.RemoveAll(version => version.Id == registered.Id && version.Digest == registered.Digest);
            _registered.Add(registered);
            return Task.CompletedTask;
        }
    }

    public Task RemoveAsync(string id, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _registered.RemoveAll(version => version.Id == id);
            return Task.CompletedTask;
        }
    }

    public Task<IReadOnlyList<string>> HoldersAsync(string id, CancellationToken cancellationToken) => Task.FromResult(Holders);

    public async Task<IReadOnlyList<ModuleSketch>> SketchesAsync(string baseModel, CancellationToken cancellationToken) =>
        [.. (await ListAsync(new ModuleQuery { Limit = int.MaxValue }, cancellationToken)).Where(module => module.Report?.BaseModel == baseModel)
            .Select(module => new ModuleSketch(module.Id, module.Report!.Norm, module.Report.Sketch))];

    /// <summary>A module of another folder than the hub's.</summary>
    public static RegisteredModule Foreign(string id) =>
        new() { Id = id, Digest = new string('f', 64), Size = 1, Stamp = "", IsOwned = false, Report = null, PublishedAt = DateTimeOffset.UnixEpoch, Card = new ModuleCard() };

    public ModuleReport Inspect(string folder, CancellationToken cancellationToken)
    {
        var pickled = Path.Combine(folder, ModuleFiles.PickledWeights);
        if (File.Exists(pickled))
        {
            File.Move(pickled, Path.Combine(folder, ModuleFiles.Weights));
        }

        try
        {
            using var config = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, ModuleFiles.Config)));
            var update = Update(folder);
            return new ModuleReport
            {
                BaseModel = config.RootElement.GetProperty("base_model_name_or_path").GetString()!,
                Rank = config.RootElement.GetProperty("r").GetInt32(),
                Alpha = 16,
                Targets = ["q", "v"],
                DType = "F32",
                Parameters = update.Length,
                Norm = Math.Sqrt(Dot(update, update)),
                Layers = [new LayerReport("encoder.block.0.layer.0.SelfAttention.q", 1, 1, [1], 1)],
                Sketch = MemoryMarshal.AsBytes(update.AsSpan()).ToArray(),
            };
        }
        catch (JsonException exception)
        {
            throw new ModuleRefusedException(ModuleFiles.Config, $"{ModuleFiles.Config} is not valid JSON.", exception);
        }
    }

    public IReadOnlyList<double> Cosines(ModuleInfo one, IReadOnlyList<ModuleInfo> others, CancellationToken cancellationToken)
    {
        var a = Update(one.Folder);
        return [.. others.Select(other => Update(other.Folder)).Select(b => Dot(a, b) / Math.Sqrt(Dot(a, a) * Dot(b, b)))];
    }

    static float[] Update(string folder) => MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(Path.Combine(folder, ModuleFiles.Weights))).ToArray();

    static double Dot(float[] a, float[] b) => a.Zip(b).Sum(pair => (double)pair.First * pair.Second);

    static ModuleInfo Info((string Id, string Folder, ModuleRecord Record) version) => new()
    {
        Id = version.Id,
        Folder = version.Folder,
        Digest = version.Record.Digest,
        BaseModel = version.Record.Report.BaseModel,
        Rank = version.Record.Report.Rank,
        Layout = "r8 q v",
        Record = version.Record,
        Stamp = $"{version.Folder} {version.Record.Quarantine}",
        IsOwned = true,
        Card = File.Exists(Path.Combine(version.Folder, ModuleFiles.Card)) ? File.ReadAllText(Path.Combine(version.Folder, ModuleFiles.Card)) : "",
        Problem = version.Record.Quarantine,
    };
}
