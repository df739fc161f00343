using Microsoft.AspNetCore.Http;

namespace LoraHub.Api.Tests.HuggingFace;

/// <summary>A request as it came to the hub or its CDN.</summary>
/// <param name="Number">How often this path was asked for, from 1 on.</param>
sealed record HubRequest(bool IsCdn, string Path, int Number, string? Authorization, string? Range)
{
    public bool IsFile => IsCdn || Path.Contains("/resolve/", StringComparison.Ordinal);

    public static HubRequest Of(HttpContext http, bool isCdn, int number) => new(
        isCdn, http.Request.Path + http.Request.QueryString, number, (string?)http.Request.Headers.Authorization, (string?)http.Request.Headers.Range);
}
