using Microsoft.AspNetCore.Http;

namespace LoraHub.Api.Tests.HuggingFace;

/// <summary>A request that the test server or its CDN received.</summary>
/// <param name="Number">The number of the request for this path, from 1.</param>
sealed record HubRequest(string Method, bool IsCdn, string Path, int Number, string? Authorization, string? Range)
{
    public bool IsCommit => Path.Contains("/commit/", StringComparison.Ordinal);

    public bool IsFile => IsCdn || Path.Contains("/resolve/", StringComparison.Ordinal);

    public static HubRequest Of(HttpContext http, bool isCdn, int number) => new(
        http.Request.Method,
        isCdn,
        http.Request.Path + http.Request.QueryString,
        number,
        (string?)http.Request.Headers.Authorization,
        (string?)http.Request.Headers.Range);
}
