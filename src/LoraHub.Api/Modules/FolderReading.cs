using LoraHub.Core.Modules;

namespace LoraHub.Api.Modules;

/// <summary>
/// What a module's folder is in the registry. The hub's own say it themselves in their record; of one that someone made by hand the report is made here, of a
/// copy, since whoever inspects converts <c>.bin</c> in its place.
/// </summary>
sealed class FolderReading(IModuleRegistry registry, TimeProvider time, IModuleStore? store = null, IModuleInspector? inspector = null)
{
    /// <returns>Null when nothing can be said of it yet: there is nobody here who could inspect it.</returns>
    /// <exception cref="IOException">A file cannot be read now.</exception>
    public async Task<RegisteredModule?> ReadAsync(ModuleInfo folder, CancellationToken cancellationToken)
    {
        if (folder.Record is { } record)
        {
            return Recorded(folder, record);
        }

        if (folder.Problem is { } problem)
        {
            return await BrokenAsync(folder, problem, cancellationToken);
        }

        var digest = ModuleFiles.Digest(await ModuleFiles.ReadAsync(folder.Folder, cancellationToken));
        var known = await registry.FindAsync(new ModuleReference(folder.Id, digest), cancellationToken);
        try
        {
            return (known?.Report ?? await InspectAsync(folder.Folder, cancellationToken)) is { } report
                ? Bare(folder) with { Digest = digest, Report = report, PublishedAt = known?.PublishedAt ?? time.GetUtcNow() }
                : null;
        }
        catch (ModuleRefusedException refusal)
        {
            return await BrokenAsync(folder, refusal.Message, cancellationToken);
        }
    }

    /// <summary>A version that the hub took in.</summary>
    public static RegisteredModule Recorded(ModuleInfo folder, ModuleRecord record) => Bare(folder) with
    {
        Digest = record.Digest,
        Report = record.Report,
        Source = record.Source,
        Revision = record.Revision,
        PublishedBy = record.PublishedBy,
        PublishedAt = record.PublishedAt,
        Quarantine = record.Quarantine,
        Problem = record.Quarantine is null ? folder.Problem : null, // the catalog's problem is that very quarantine
    };

    static RegisteredModule Bare(ModuleInfo folder) => new()
    {
        Id = folder.Id,
        Digest = "",
        Size = Weights(folder.Folder)?.Length ?? 0,
        Stamp = folder.Stamp,
        IsOwned = folder.IsOwned,
        Report = null,
        PublishedAt = default,
        Card = ModuleCardReader.ReadFolder(folder.Folder),
    };

    async Task<RegisteredModule> BrokenAsync(ModuleInfo folder, string problem, CancellationToken cancellationToken)
    {
        var known = await registry.FindAsync(new ModuleReference(folder.Id, null), cancellationToken);
        return Bare(folder) with { Problem = problem, PublishedAt = known?.PublishedAt ?? time.GetUtcNow() };
    }

    /// <summary>On a thread of its own, since it computes for seconds, and tensor code keeps state on its thread.</summary>
    async Task<ModuleReport?> InspectAsync(string folder, CancellationToken cancellationToken)
    {
        if (store is null || inspector is null)
        {
            return null;
        }

        using var copy = store.Begin();
        return await Task.Factory.StartNew(
            () =>
            {
                foreach (var file in ModuleFiles.NumbersIn(folder))
                {
                    file.CopyTo(Path.Combine(copy.Folder, file.Name));
                }

                return inspector.Inspect(copy.Folder, cancellationToken);
            },
            cancellationToken,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
    }

    static FileInfo? Weights(string folder) => new[] { ModuleFiles.Weights, ModuleFiles.PickledWeights }
        .Select(name => new FileInfo(Path.Combine(folder, name)))
        .FirstOrDefault(file => file.Exists);
}
