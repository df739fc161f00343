using LoraHub.Core.Modules;

namespace LoraHub.Api.Tests.Hub;

/// <summary>Puts arrivals in the place of what was there, without versions.</summary>
sealed class FakeStore(string models) : IModuleStore
{
    public ModuleArrival Begin() => new(Directory.CreateDirectory(Path.Combine(models, ".incoming", Path.GetRandomFileName())).FullName);

    public Task<Placement> PlaceAsync(string id, ModuleArrival arrival, ModuleRecord record, CancellationToken cancellationToken)
    {
        var folder = Path.Combine(models, id);
        var isNew = !Directory.Exists(folder);
        if (!isNew)
        {
            Directory.Delete(folder, recursive: true);
        }

        File.WriteAllBytes(Path.Combine(arrival.Folder, ModuleRecord.FileName), record.ToJson());
        Directory.CreateDirectory(Path.GetDirectoryName(folder)!);
        Directory.Move(arrival.Folder, folder);
        return Task.FromResult(isNew ? Placement.New : Placement.NewVersion);
    }

    public Task<bool> QuarantineAsync(ModuleReference reference, string? reason, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<bool> RemoveAsync(string id, CancellationToken cancellationToken) => throw new NotSupportedException();
}

/// <summary>Finds every module good, but those whose card says otherwise.</summary>
sealed class FakeInspector : IModuleInspector
{
    public ModuleReport Inspect(string folder, CancellationToken cancellationToken) =>
        File.ReadAllText(Path.Combine(folder, ModuleFiles.Card)).Contains("refuse me", StringComparison.Ordinal)
            ? throw new ModuleRefusedException(ModuleFiles.Weights, "lora_A of q has a number that is not finite.")
            : new ModuleReport
            {
                BaseModel = "lorahub/t5-mini",
                Rank = 8,
                Alpha = 16,
                Targets = ["q", "v"],
                DType = "F32",
                Parameters = 1,
                Norm = 1,
                Layers = [],
                Sketch = [],
            };

    public IReadOnlyList<double> Cosines(ModuleInfo one, IReadOnlyList<ModuleInfo> others, CancellationToken cancellationToken) => throw new NotSupportedException();
}
