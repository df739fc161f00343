using LoraHub.Core.Modules;

namespace LoraHub.Api.Modules;

/// <summary>Who brings a module, and from where.</summary>
/// <param name="Source">Where it was fetched, or null.</param>
/// <param name="Revision">The commit of the source, or null.</param>
/// <param name="By">The name of the token that it is uploaded with, or null.</param>
sealed record ModuleOrigin(string? Source = null, string? Revision = null, string? By = null);

/// <param name="Placement">Whether it is new.</param>
sealed record TakenModule(string Id, ModuleRecord Record, Placement Placement);

/// <summary>Takes modules in: whether they were uploaded, fetched or added from a folder, the way is the same.</summary>
sealed class ModuleIntake(IModuleStore store, IModuleInspector inspector, IModuleCatalog catalog, TimeProvider time)
{
    /// <summary>Checks the files that have come, and makes them the version that the name points to. The arrival stays the caller's to dispose.</summary>
    /// <param name="id">A valid <c>owner/name</c>.</param>
    /// <param name="arrival">Holds the module's files under the names of <see cref="ModuleFiles"/>, and nothing else.</param>
    /// <exception cref="ModuleRefusedException">It cannot be a module; nothing has changed.</exception>
    public async Task<TakenModule> TakeInAsync(string id, ModuleArrival arrival, ModuleOrigin origin, CancellationToken cancellationToken)
    {
        // Tensor code keeps state on its thread: it gets one of its own, and nothing is awaited on it.
        var report = await Task.Factory.StartNew(
            () => inspector.Inspect(arrival.Folder, cancellationToken), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        var files = await ModuleFiles.ReadAsync(arrival.Folder, cancellationToken);
        var record = new ModuleRecord
        {
            Files = files,
            Source = origin.Source,
            Revision = origin.Revision,
            PublishedBy = origin.By,
            PublishedAt = time.GetUtcNow(),
            Report = report,
            Quarantine = Quarantine(ModuleFiles.Digest(files), report),
        };
        return new TakenModule(id, record, await store.PlaceAsync(id, arrival, record, cancellationToken));
    }

    /// <summary>Bytes that are in quarantine do not leave it by coming again, under another name either.</summary>
    string? Quarantine(string digest, ModuleReport report)
    {
        var known = catalog.List().Select(module => module.Record).OfType<ModuleRecord>().ToArray();
        return Array.Find(known, record => record.Quarantine is not null && record.Digest == digest)?.Quarantine
            ?? NormOutlier.Reason(report, [.. known.Where(record => record.Digest != digest && record.Report.BaseModel == report.BaseModel).Select(record => record.Report.Norm)]);
    }
}
