using System.Text.RegularExpressions;

namespace LoraHub.Api.Replicate;

/// <summary>
/// Paths as clients make them of a base URL that they take for another: <c>/v1/v1/…</c> (Python's 1.x wants one without <c>/v1</c>, the others one with it),
/// and <c>/v1/http://host/v1/…</c> (Go's and the command line's put an absolute <c>next</c> behind their base).
/// </summary>
static partial class BaseUrlAliases
{
    /// <remarks>To be used before routing.</remarks>
    public static void UseBaseUrlAliases(this WebApplication app) => app.Use((http, next) =>
    {
        if (Alias().Match(http.Request.Path.Value ?? "") is { Success: true } alias)
        {
            http.Request.Path = alias.Groups["path"].Value;
        }

        return next(http);
    });

    [GeneratedRegex(@"^/v1(?:/https?:/{1,2}[^/]+)?(?<path>/v1(?:/.*)?)\z", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Alias();
}
