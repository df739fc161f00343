using LoraHub.Core.Threading;
using LoraHub.Modules.Folders;
using LoraHub.Modules.Inspection;
using LoraHub.Modules.Versions;

namespace LoraHub.Modules.Library;

/// <summary>Where a module comes from.</summary>
/// <param name="Source">Where it was downloaded, or null.</param>
/// <param name="Revision">The commit of the source, or null.</param>
/// <param name="PublishedBy">The name of the token that it is uploaded with, or null.</param>
sealed record ModuleOrigin(string? Source = null, string? Revision = null, string? PublishedBy = null);

/// <param name="Version">As it was stored.</param>
/// <param name="Placement">Whether it is new.</param>
sealed record Publication(ModuleVersion Version, Placement Placement);

/// <summary>
/// Publishes modules, whether they were uploaded, downloaded or added from a folder: inspect, refuse, quarantine, store, index. One at a time: inspecting one needs a
/// core and holds its weights in memory, and what is stored must be indexed before the next.
/// </summary>
/// <param name="indexer">Null where no index is kept: on the command line. The service beside it indexes what has come.</param>
sealed class ModulePublisher(VersionStore store, ModuleInspector inspector, ModuleLibrary library, TimeProvider time, ModuleIndexer? indexer = null) : IDisposable
{
    readonly SemaphoreSlim _turn = new(1, 1);

    /// <summary>A folder for a module's files to come into; the caller disposes it.</summary>
    public IncomingFolder Begin() => store.Begin();

    /// <summary>Checks files that have come, and makes them the version that the name points to.</summary>
    /// <param name="id">A valid <c>owner/name</c>.</param>
    /// <param name="incoming">Holds the module's files under the names of <see cref="ModuleFiles"/>, and nothing else. It stays the caller's to dispose.</param>
    /// <exception cref="ModuleRefusedException">It cannot be a module; nothing has changed.</exception>
    public async Task<Publication> PublishAsync(string id, IncomingFolder incoming, ModuleOrigin origin, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            var version = await OwnThread.RunAsync(() => Inspect(id, incoming.Path, origin, cancellationToken), cancellationToken);
            version = version with { Quarantine = Quarantine(version), PublishedAt = time.GetUtcNow() };
            var placement = await store.PlaceAsync(version, incoming, cancellationToken);
            if (indexer is not null)
            {
                await indexer.RefreshAsync(id, CancellationToken.None); // it is there now, whether the client still waits or not
            }

            return new Publication(version, placement);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    /// <summary>Takes some seconds for a large module.</summary>
    ModuleVersion Inspect(string id, string folder, ModuleOrigin origin, CancellationToken cancellationToken)
    {
        var report = inspector.Inspect(folder, cancellationToken);
        ModuleInspector.ConvertToSafetensors(folder);
        var files = VersionFolder.ReadNumbers(folder);
        return new ModuleVersion
        {
            Id = id,
            Digest = ModuleFiles.Digest(files),
            Files = files,
            BaseModel = report.BaseModel,
            Rank = report.Rank,
            Report = report,
            Source = origin.Source,
            Revision = origin.Revision,
            PublishedBy = origin.PublishedBy,
        };
    }

    /// <summary>Bytes that are in quarantine do not leave it by coming again, under another name either.</summary>
    string? Quarantine(ModuleVersion version)
    {
        var known = library.List().Where(module => module.IsRecorded).ToArray();
        return Array.Find(known, module => module.Quarantine is not null && module.Digest == version.Digest)?.Quarantine
            ?? NormOutlier.Reason(
                version.Report!, [.. known.Where(module => module.Digest != version.Digest && module.Report!.BaseModel == version.BaseModel).Select(module => module.Report!.Norm)]);
    }
}
