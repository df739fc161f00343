using LoraHub.Api.Http;
using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace LoraHub.Api.Security;

/// <summary>Configures which web pages of other origins may read the answers.</summary>
static class Cors
{
    static readonly string[] Exposed =
    [
        HeaderNames.Location,
        "Preference-Applied",
        HeaderNames.RetryAfter,
        "ratelimit-remaining",
        "ratelimit-reset",
        HeaderNames.ETag,
        HeaderNames.ContentDisposition,
    ];

    /// <summary>Allows every method and header, because the routes check those. Credentials (cookies) are not allowed; no route uses them.</summary>
    public static void Configure(CorsOptions cors, ApiOptions api) => cors.AddDefaultPolicy(policy => policy
        .WithOrigins([.. api.CorsOrigins])
        .AllowAnyMethod()
        .AllowAnyHeader()
        .WithExposedHeaders(Exposed)
        .SetPreflightMaxAge(TimeSpan.FromMinutes(10)));

    /// <summary>Adds CORS when origins are set. Otherwise OPTIONS gets the same answer as any method that a route lacks.</summary>
    public static void UseCorsWhereSet(this WebApplication app)
    {
        if (app.Services.GetRequiredService<IOptions<ApiOptions>>().Value.CorsOrigins.Count > 0)
        {
            app.UseCors();
        }
    }
}
