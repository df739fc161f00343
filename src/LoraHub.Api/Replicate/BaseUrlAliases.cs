using System.Text.RegularExpressions;

namespace LoraHub.Api.Replicate;

/// <summary>
/// Rewrites the paths that clients build from an unexpected base URL: <c>/v1/v1/…</c> (Python's client 1.x expects a base URL without
/// <c>/v1</c>, the others one with it), and <c>/v1/http://host/v1/…</c> (Go's client and the command line append an absolute <c>next</c>).
/// </summary>
static partial class BaseUrlAliases
{
    /// <remarks>Call this before routing.</remarks>
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
