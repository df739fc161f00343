using LoraHub.Api.Http;
using LoraHub.Api.Security;
using LoraHub.Modules.Library;

namespace LoraHub.Api.Modules;

/// <summary>Authorizes changes of modules.</summary>
static class ModuleRights
{
    public const string NotOwned = "This module is read-only: it ships with the program or is in a folder in Models:Folders.";

    const string OfOthers = "This module was published with another token; use a token with the scope `admin`, or publish under another name.";

    /// <summary>
    /// A token may create a module, and change one whose versions were all published with it; an admin's token may change every module.
    /// </summary>
    /// <returns>The error response, or null.</returns>
    public static async Task<IResult?> RefuseChangeAsync(string id, HttpContext http, IModuleIndex index)
    {
        var versions = await index.VersionsAsync(id, http.RequestAborted);
        return versions.Any(version => version is { IsCurrent: true, IsOwned: false }) ? Problems.Because(
            StatusCodes.Status409Conflict, null, NotOwned)
            : http.IsAdmin() || versions.All(version => version.PublishedBy == http.User.Identity?.Name) ? null
            : Problems.Because(StatusCodes.Status403Forbidden, "Forbidden", OfOthers);
    }
}
