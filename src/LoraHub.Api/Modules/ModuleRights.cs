using LoraHub.Api.Http;
using LoraHub.Api.Security;
using LoraHub.Modules.Library;

namespace LoraHub.Api.Modules;

/// <summary>Who may change which modules.</summary>
static class ModuleRights
{
    public const string NotOwned = "This module ships with the program or lies in a folder of the settings (Models:Folders): it is changed there, not here.";

    const string OfOthers = "Another has published this module; a token with the scope `admin` may change it, or publish under another name.";

    /// <summary>Whoever may publish may make a name, and change those that nobody else has published a version of.</summary>
    /// <returns>The answer that refuses it, or null.</returns>
    public static async Task<IResult?> RefuseChangeAsync(string id, HttpContext http, IModuleIndex index)
    {
        var versions = await index.VersionsAsync(id, http.RequestAborted);
        return versions.Any(version => version is { IsCurrent: true, IsOwned: false }) ? Problems.Because(StatusCodes.Status409Conflict, null, NotOwned)
            : http.IsAdmin() || versions.All(version => version.PublishedBy == http.User.Identity?.Name) ? null
            : Problems.Because(StatusCodes.Status403Forbidden, "Forbidden", OfOthers);
    }
}
