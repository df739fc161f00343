using LoraHub.Api.Http;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Security;

/// <summary>
/// Refuses requests that a web page of another site makes a browser send, and those that a service sends. It covers every path.
/// </summary>
static class RequestRules
{
    const string OtherSite =
        "A web page of another origin may not change anything here. To allow it, add its origin to Api:CorsOrigins; behind a proxy, set "
        + "Api:PublicUrl.";

    const string OwnRequest = "A LoraHub service sent this request, as a webhook or a download. Such requests may not change anything here.";

    /// <remarks>Call this after routing.</remarks>
    public static void UseRequestRules(this WebApplication app)
    {
        var hosts = app.Services.GetRequiredService<HostRule>();
        var api = app.Services.GetRequiredService<IOptions<ApiOptions>>().Value;
        app.Use((http, next) => (RefuseHost(http, hosts) ?? RefuseChange(http, api)) is { } refusal
            ? http.Error(StatusCodes.Status403Forbidden, "Forbidden", refusal).ExecuteAsync(http)
            : next(http));
    }

    static string? RefuseHost(HttpContext http, HostRule hosts) => hosts.Allows(http)
        ? null
        : $"Without a token this service answers only to IP addresses, localhost and this machine's name, not to `{Shown(http.Request.Host.Host)}`. "
            + "To allow the name, add it to Api:Hosts.";

    /// <summary>
    /// A browser sends a POST without a content type (which runs a prediction on Cog's paths) or with a form (which uploads a file) without a
    /// preflight. So any web page could send them from the browser of a user of this service.
    /// </summary>
    static string? RefuseChange(HttpContext http, ApiOptions api)
    {
        var request = http.Request;
        if (TokenScopes.IsRead(request))
        {
            return null;
        }

        var origin = request.Headers.Origin.ToString();
        return RequestOrigin.IsOutbound(request) ? OwnRequest
            : RequestOrigin.IsCrossSite(request) && !api.CorsOrigins.Contains("*") && !api.CorsOrigins.Contains(origin) ? OtherSite
            : null;
    }

    static string Shown(string host) => host.Length <= 100 ? host : $"{host[..100]}…";
}
