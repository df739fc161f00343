using LoraHub.Core.Threading;
using LoraHub.Modules.Folders;
using LoraHub.Modules.Inspection;
using LoraHub.Modules.Versions;

namespace LoraHub.Modules.Library;

/// <summary>The origin of a module.</summary>
/// <param name="Source">The URL that it was downloaded from, or null.</param>
/// <param name="Revision">The commit at the source, or null.</param>
/// <param name="PublishedBy">The name of the token that it was uploaded with, or null.</param>
/// <param name="IsAdmin">Whether it may replace modules that others have published.</param>
/// <param name="BaseModel">The base model, which replaces the one in the configuration, or null.</param>
/// <param name="IsTrained">Whether this service made it in a training: it is refused instead of quarantined, and its norm may be unusual.</param>
sealed record ModuleOrigin(
    string? Source = null,
    string? Revision = null,
    string? PublishedBy = null,
    bool IsAdmin = true,
    string? BaseModel = null,
    bool IsTrained = false);

/// <summary>Another token published a version of the module since the caller checked its rights; nothing has changed.</summary>
sealed class ModuleTakenException() : Exception("Another token published this module.");

/// <param name="Version">The stored version.</param>
/// <param name="Placement">Whether it is new.</param>
sealed record Publication(ModuleVersion Version, Placement Placement);

/// <summary>
/// Publishes uploaded, downloaded and added modules: inspects, quarantines, stores and indexes them. One at a time, because an inspection needs a
/// core and holds the weights in memory, and a stored module must be indexed before the next one.
/// </summary>
/// <param name="indexer">Null on the command line, which has no index; the running service indexes the module.</param>
sealed class ModulePublisher(
    VersionStore store,
    VersionRemoval removal,
    ModuleInspector inspector,
    QuarantineRule quarantine,
    ModuleLibrary library,
    TimeProvider time,
    IModuleIndex? index = null,
    ModuleIndexer? indexer = null) : IDisposable
{
    readonly SemaphoreSlim _turn = new(1, 1);

    /// <summary>Creates a folder for a module's files; the caller disposes it.</summary>
    public IncomingFolder Begin() => store.Begin();

    /// <summary>Checks the files and makes them the current version of the module.</summary>
    /// <param name="id">A valid <c>owner/name</c>.</param>
    /// <param name="incoming">The module's files under the names in <see cref="ModuleFiles"/>, and no others. The caller disposes it.</param>
    /// <exception cref="ModuleRefusedException">The files are not a valid module; nothing has changed.</exception>
    /// <exception cref="ModuleSpellingException">There is a module or model whose name differs only in case; nothing has changed.</exception>
    /// <exception cref="ModuleTakenException">Another token published the module; nothing has changed.</exception>
    public async Task<Publication> PublishAsync(string id, IncomingFolder incoming, ModuleOrigin origin, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (indexer is not null)
            {
                await indexer.CompletedAsync(cancellationToken); // the shipped modules must be measured, because the rule compares with them
            }

            if ((index is null ? library.OtherSpelling(id) : await index.OtherSpellingAsync(id, cancellationToken)) is { } known)
            {
                throw new ModuleSpellingException(known);
            }

            var version = await OwnThread.RunAsync(() => Inspect(id, incoming.Path, origin, cancellationToken), cancellationToken);

            var reason = await quarantine.ReasonAsync(version, comparesNorm: !origin.IsTrained, cancellationToken);
            if (reason is not null && origin.IsTrained)
            {
                throw new ModuleRefusedException("weights", $"it would be quarantined: {reason}");
            }

            version = version with { Quarantine = reason, PublishedAt = time.GetUtcNow(), IsOwned = true };
            var placement = await PlaceAsync(version, incoming, origin, cancellationToken);
            return new Publication(version, placement);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Removes a version that was just published. The newest other one becomes current; without one, the module is gone.</summary>
    /// <returns>False if there is no such version, or a prediction uses it already.</returns>
    public async Task<bool> WithdrawAsync(string id, string digest)
    {
        await _turn.WaitAsync(CancellationToken.None);
        try
        {
            var isOnly = library.Find(new ModuleReference(id, null))?.Digest == digest && library.EarlierVersions(id).Count == 0;
            var isRemoved = isOnly
                ? await store.RemoveAsync(id, MayRemoveAsync, CancellationToken.None)
                : await removal.RemoveAsync(id, digest, MayRemoveAsync, CancellationToken.None);
            await (indexer?.ReindexAsync(id) ?? Task.CompletedTask);
            return isRemoved;

            async Task<bool> MayRemoveAsync() =>
                index is null || (await index.RemoveUnusedAsync(id, isOnly ? null : digest, CancellationToken.None)).Count == 0;
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    /// <summary>
    /// Claims the name in the index before the files are stored: another node, or another upload, may have published it since the caller's rights
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
            await indexer.ReindexAsync(version.Id); // also if storing failed or the client has disconnected
        }
    }

    /// <summary>Takes a few seconds for a large module.</summary>
    ModuleVersion Inspect(string id, string folder, ModuleOrigin origin, CancellationToken cancellationToken)
    {
        if (library.Bases.Find(id) is not null)
        {
            throw new ModuleRefusedException("name", $"`{id}` is the name of a base model that is installed here; publish under another name.");
        }

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
