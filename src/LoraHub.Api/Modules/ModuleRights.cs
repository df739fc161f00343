using LoraHub.Api.Http;
using LoraHub.Api.Security;
using LoraHub.Core.Models;
using LoraHub.Modules.Library;
using LoraHub.Modules.Versions;

namespace LoraHub.Api.Modules;

/// <summary>Authorizes changes of modules, and of models that have no version yet.</summary>
sealed class ModuleRights(IModuleIndex index, ModuleIndexer indexer, IModelStore models)
{
    public const string NotOwned = "This module is read-only: it ships with the program or is in a folder in Models:Folders.";

    const string OfOthers = "This module was published with another token; use a token with the scope `admin`, or publish under another name.";

    const string Reserved = "This name belongs to another token, which created the model; use a token with the scope `admin`, or another name.";

    /// <summary>
    /// A token may create a module, and change one whose versions were all published with it; an admin's token may change every module. The name of
    /// a model without a version belongs to the token that created it.
    /// </summary>
    /// <returns>The error response, or null.</returns>
    public async Task<IResult?> RefuseChangeAsync(string id, HttpContext http)
    {
        await indexer.CompletedAsync(http.RequestAborted); // right after a start, the index may lack modules that ship with the program
        var versions = await index.VersionsAsync(id, http.RequestAborted);
        if (versions.Any(version => version is { IsCurrent: true, IsOwned: false }))
        {
            return Problems.Because(StatusCodes.Status409Conflict, null, NotOwned);
        }

        if (versions.Count == 0 && await RefuseSpellingAsync(id, http) is { } refusal)
        {
            return refusal;
        }

        var token = http.User.Identity?.Name;
        if (http.IsAdmin() || (versions.Count > 0 && versions.All(version => version.PublishedBy == token)))
        {
            return null;
        }

        return versions.Count > 0 ? Forbidden(OfOthers)
            : await models.FindAsync(id, http.RequestAborted) is { } entry && entry.CreatedBy != token ? Forbidden(Reserved)
            : null;
    }

    /// <summary>A new name may not differ from another one only in case.</summary>
    /// <returns>The error response, or null.</returns>
    public async Task<IResult?> RefuseSpellingAsync(string id, HttpContext http)
    {
        await indexer.CompletedAsync(http.RequestAborted);
        return await index.OtherSpellingAsync(id, http.RequestAborted) is { } known
            ? Problems.Because(StatusCodes.Status409Conflict, null, new ModuleSpellingException(known).Message)
            : null;
    }

    static IResult Forbidden(string detail) => Problems.Because(StatusCodes.Status403Forbidden, "Forbidden", detail);
}
