using LoraHub.Api.Http;
using LoraHub.Core.Deployments;
using LoraHub.Core.Models;
using LoraHub.Modules.Folders;
using LoraHub.Modules.Library;
using LoraHub.Modules.Versions;

namespace LoraHub.Api.Modules;

/// <summary>Deletes modules that nothing uses.</summary>
sealed partial class ModuleDeletion(
    VersionStore store,
    VersionRemoval removal,
    IModuleExchange exchange,
    TimeProvider time,
    IModuleIndex index,
    ModuleIndexer indexer,
    ModuleRights rights,
    IModelStore models,
    IDeploymentStore deployments,
    ILogger<ModuleDeletion> logger)
{
    public const string Shared =
        "Several processes share this module, and they keep all of its versions; delete the whole module, or publish a newer version of it.";

    const int MostDeployments = 10_000, DigestLength = 64;

    public static async Task<IResult> DeleteAsync(string owner, string name, HttpContext http, ModuleDeletion deletion) =>
        await deletion.DeleteAsync($"{owner}/{name}", http) ?? Problems.NotFound();

    /// <summary>Deletes a module with all of its versions, and what is stored about it as a model.</summary>
    /// <returns>The response, or null if there is no such module.</returns>
    public async Task<IResult?> DeleteAsync(string id, HttpContext http)
    {
        if (!ModelId.IsValid(id) || await index.FindAsync(new ModuleReference(id, null), http.RequestAborted) is null)
        {
            return null;
        }

        if (await RefuseAsync(id, version: null, http) is { } refusal)
        {
            return refusal;
        }

        if (await RemoveAsync(id, version: null, http.RequestAborted) is { } conflict)
        {
            return Problems.Because(StatusCodes.Status409Conflict, null, conflict);
        }

        LogDeleted(id);
        await models.RemoveAsync(id, CancellationToken.None);
        return TypedResults.NoContent();
    }

    /// <summary>
    /// Deletes a version of a module. If it was the current one, the newest other version becomes current. After the only version, the model stays
    /// without one, and its name belongs to whom it belonged to.
    /// </summary>
    /// <returns>The response, or null if there is no such version.</returns>
    public async Task<IResult?> DeleteVersionAsync(string id, string version, HttpContext http)
    {
        if (!ModelId.IsValid(id) || version.Length != DigestLength
            || await index.FindAsync(new ModuleReference(id, version), http.RequestAborted) is not { } found)
        {
            return null;
        }

        if (await RefuseAsync(id, version, http) is { } refusal)
        {
            return refusal;
        }

        var isOnly = (await index.VersionsAsync(id, http.RequestAborted)).Count == 1;
        if (!isOnly && exchange.IsPublished(id))
        {
            return Problems.Because(StatusCodes.Status409Conflict, null, Shared);
        }

        var entry = new ModelEntry { Id = id, CreatedBy = found.PublishedBy, CreatedAt = time.GetUtcNow() };
        if (isOnly)
        {
            await models.UpdateAsync(id, known => known ?? entry, http.RequestAborted); // first: the name is never free
        }

        if (await RemoveAsync(id, isOnly ? null : version, http.RequestAborted) is { } conflict)
        {
            return Problems.Because(StatusCodes.Status409Conflict, null, conflict);
        }

        LogDeletedVersion(id, version);
        return TypedResults.StatusCode(StatusCodes.Status202Accepted);
    }

    /// <summary>
    /// Removes the module or version from the index first, in one transaction with the check that no prediction uses it; from then on, none that does
    /// is created. A process that is killed before the folder is gone indexes it again at its next start.
    /// </summary>
    /// <param name="version">Null for all versions.</param>
    /// <returns>Why it cannot be removed, or null.</returns>
    async Task<string?> RemoveAsync(string id, string? version, CancellationToken cancellationToken)
    {
        IReadOnlyList<string>? holders = null;
        try
        {
            var isRemoved = version is null
                ? await store.RemoveAsync(id, MayRemoveAsync, cancellationToken)
                : await removal.RemoveAsync(id, version, MayRemoveAsync, cancellationToken);
            return isRemoved ? null : holders is null ? ModuleRights.NotOwned : Held(holders.Count);
        }
        finally
        {
            if (holders is { Count: 0 })
            {
                await indexer.ReindexAsync(id); // also if the files could not be removed
            }
        }

        async Task<bool> MayRemoveAsync() => (holders = await index.RemoveUnusedAsync(id, version, cancellationToken)).Count == 0;
    }

    /// <param name="version">The id of the version to delete, or null for all of them.</param>
    /// <returns>The error response, or null.</returns>
    async Task<IResult?> RefuseAsync(string id, string? version, HttpContext http)
    {
        if (await rights.RefuseChangeAsync(id, http) is { } forbidden)
        {
            return forbidden;
        }

        var pinned = await deployments.ListAsync(id, 0, MostDeployments, http.RequestAborted);
        if (pinned.FirstOrDefault(deployment => version is null || deployment.Release.Version == version) is { } deployment)
        {
            return Problems.Because(StatusCodes.Status409Conflict, null, Pinned(deployment.Id));
        }

        var holders = await index.HoldersAsync(id, http.RequestAborted);
        return holders.Count > 0 ? Problems.Because(StatusCodes.Status409Conflict, null, Held(holders.Count)) : null;
    }

    public static string Held(int count) => count == 1
        ? "A queued or running prediction uses this module; cancel the prediction or wait for it to finish."
        : $"{count} queued or running predictions use this module; cancel them or wait for them to finish.";

    static string Pinned(string deployment) =>
        $"The deployment `{deployment}` is pinned to a version of this module; update or delete the deployment first.";

    [LoggerMessage(LogLevel.Information, "Deleted module {Module}.")]
    partial void LogDeleted(string module);

    [LoggerMessage(LogLevel.Information, "Deleted module {Module}, version {Digest}.")]
    partial void LogDeletedVersion(string module, string digest);
}
