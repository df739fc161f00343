using LoraHub.Api.Configuration;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Http;

/// <summary>Under which scheme and host the client reached the service.</summary>
static class Origin
{
    /// <summary><see cref="ApiOptions.PublicUrl"/> when set, else what the request says, forwarded headers applied; no slash at the end.</summary>
    public static string Of(HttpRequest request)
    {
        var publicUrl = request.HttpContext.RequestServices.GetRequiredService<IOptions<ApiOptions>>().Value.PublicUrl;
        return publicUrl?.TrimEnd('/') ?? AsSent(request);
    }

    /// <summary>What the request says, whatever <see cref="ApiOptions.PublicUrl"/> is.</summary>
    public static string AsSent(HttpRequest request) => $"{request.Scheme}://{request.Host}";

    /// <summary>Also whom the request comes from: a limit must not count a proxy's clients as one.</summary>
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

        app.UseForwardedHeaders(options);
    }
}
