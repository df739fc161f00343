using LoraHub.Core.Threading;
using LoraHub.Modules.Folders;
using LoraHub.Modules.Inspection;
using LoraHub.Modules.Versions;

namespace LoraHub.Modules.Library;

/// <summary>Where a module comes from.</summary>
/// <param name="Source">Where it was downloaded, or null.</param>
/// <param name="Revision">The commit of the source, or null.</param>
/// <param name="PublishedBy">The name of the token that it is uploaded with, or null.</param>
/// <param name="IsAdmin">Whether it may replace what others have published.</param>
/// <param name="BaseModel">The base model that it is for, where its configuration does not say so, or null.</param>
sealed record ModuleOrigin(string? Source = null, string? Revision = null, string? PublishedBy = null, bool IsAdmin = true, string? BaseModel = null);

/// <summary>Somebody else has published a version of the name since the caller looked; nothing has changed.</summary>
sealed class ModuleTakenException() : Exception("The name is another's.");

/// <param name="Version">As it was stored.</param>
/// <param name="Placement">Whether it is new.</param>
sealed record Publication(ModuleVersion Version, Placement Placement);

/// <summary>
/// Publishes modules, whether they were uploaded, downloaded or added from a folder: inspect, refuse, quarantine, store, index. One at a time: inspecting one needs a
/// core and holds its weights in memory, and what is stored must be indexed before the next.
/// </summary>
/// <param name="indexer">Null where no index is kept: on the command line. The service beside it indexes what has come.</param>
sealed class ModulePublisher(
    VersionStore store, ModuleInspector inspector, QuarantineRule quarantine, TimeProvider time, IModuleIndex? index = null, ModuleIndexer? indexer = null)
    : IDisposable
{
    readonly SemaphoreSlim _turn = new(1, 1);

    /// <summary>A folder for a module's files to come into; the caller disposes it.</summary>
    public IncomingFolder Begin() => store.Begin();

    /// <summary>Checks files that have come, and makes them the version that the name points to.</summary>
    /// <param name="id">A valid <c>owner/name</c>.</param>
    /// <param name="incoming">Holds the module's files under the names of <see cref="ModuleFiles"/>, and nothing else. It stays the caller's to dispose.</param>
    /// <exception cref="ModuleRefusedException">It cannot be a module; nothing has changed.</exception>
    /// <exception cref="ModuleTakenException">The name is another's; nothing has changed.</exception>
    public async Task<Publication> PublishAsync(string id, IncomingFolder incoming, ModuleOrigin origin, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            var version = await OwnThread.RunAsync(() => Inspect(id, incoming.Path, origin, cancellationToken), cancellationToken);
            if (indexer is not null)
            {
                await indexer.CompletedAsync(cancellationToken); // what ships is measured, so that there is something to compare with
            }

            var reason = await quarantine.ReasonAsync(version, cancellationToken);
            version = version with { Quarantine = reason, PublishedAt = time.GetUtcNow(), IsOwned = true };
            var placement = await PlaceAsync(version, incoming, origin, cancellationToken);
            return new Publication(version, placement);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    /// <summary>
    /// Takes the name in the index before the files take their place: another node, or another upload, may have taken it since the caller's rights
    /// were checked.
    /// </summary>
    async Task<Placement> PlaceAsync(ModuleVersion version, IncomingFolder incoming, ModuleOrigin origin, CancellationToken cancellationToken)
    {
        if (index is null || indexer is null)
        {
            return await store.PlaceAsync(version, incoming, cancellationToken);
        }

        if (!origin.IsAdmin && !await index.TryPutOwnAsync(version, cancellationToken))
        {
            throw new ModuleTakenException();
        }

        try
        {
            return await store.PlaceAsync(version, incoming, cancellationToken);
        }
        finally
        {
            await indexer.ReindexAsync(version.Id); // as the folder is now, whether the files have come or not
        }
    }

    /// <summary>Takes some seconds for a large module.</summary>
    ModuleVersion Inspect(string id, string folder, ModuleOrigin origin, CancellationToken cancellationToken)
    {
        var report = inspector.Inspect(folder, origin.BaseModel, cancellationToken);
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
}
