using LoraHub.Api.Configuration;
using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace LoraHub.Api.Security;

/// <summary>Which web pages of other origins may read the answers.</summary>
static class Cors
{
    static readonly string[] Exposed =
        [HeaderNames.Location, "Preference-Applied", HeaderNames.RetryAfter, "ratelimit-remaining", "ratelimit-reset", HeaderNames.ETag, HeaderNames.ContentDisposition];

    /// <summary>What a request may carry is each route's to say, not the browser's; cookies and the like are never asked for.</summary>
    public static void Configure(CorsOptions cors, ApiOptions api) => cors.AddDefaultPolicy(policy => policy
        .WithOrigins([.. api.CorsOrigins])
        .AllowAnyMethod()
        .AllowAnyHeader()
        .WithExposedHeaders(Exposed)
        .SetPreflightMaxAge(TimeSpan.FromMinutes(10)));

    /// <summary>Without a setting there is none of it, and OPTIONS is a method like any other that a route does not have.</summary>
    public static void UseCorsWhereSet(this WebApplication app)
    {
        if (app.Services.GetRequiredService<IOptions<ApiOptions>>().Value.CorsOrigins.Count > 0)
        {
            app.UseCors();
        }
    }
}
