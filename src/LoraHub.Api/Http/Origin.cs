using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Http;

/// <summary>Determines the scheme and host under which the client reached the service.</summary>
static class Origin
{
    /// <summary><see cref="ApiOptions.PublicUrl"/> if set, else the request's own scheme and host. Without a trailing slash.</summary>
    public static string Of(HttpRequest request)
    {
        var publicUrl = request.HttpContext.RequestServices.GetRequiredService<IOptions<ApiOptions>>().Value.PublicUrl;
        return publicUrl?.TrimEnd('/') ?? AsSent(request);
    }

    /// <summary>The request's own scheme and host after forwarded headers, regardless of <see cref="ApiOptions.PublicUrl"/>.</summary>
    public static string AsSent(HttpRequest request) => $"{request.Scheme}://{request.Host}";

    /// <summary>Applies forwarded headers. Includes the client's address, so that rate limits do not treat a proxy's clients as one.</summary>
    public static void UseForwardedOrigin(this WebApplication app)
    {
        var options = new ForwardedHeadersOptions
        {
            ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto | ForwardedHeaders.XForwardedHost,
        };
        if (app.Services.GetRequiredService<IOptions<ApiOptions>>().Value.TrustForwardedHeaders)
        {
            options.KnownIPNetworks.Clear();
            options.KnownProxies.Clear();
        }

        app.Use((http, next) =>
        {
            if (!http.Request.Headers["X-Forwarded-Proto"].SelectMany(Schemes).All(IsHttp))
            {
                http.Request.Headers.Remove("X-Forwarded-Proto"); // the scheme becomes a part of URLs
            }

            return next(http);
        });
        app.UseForwardedHeaders(options);
    }

    static string[] Schemes(string? header) => header?.Split(',', StringSplitOptions.TrimEntries) ?? [];

    static bool IsHttp(string scheme) =>
        scheme.Equals(Uri.UriSchemeHttp, StringComparison.OrdinalIgnoreCase) || scheme.Equals(Uri.UriSchemeHttps, StringComparison.OrdinalIgnoreCase);
}
