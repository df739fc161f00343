using LoraHub.Api.Security;
using LoraHub.Core.Json;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Cog;

/// <summary><c>POST /shutdown</c> stops the service as SIGTERM does: responses in progress are completed.</summary>
static class CogShutdown
{
    public static void MapShutdown(this IEndpointRouteBuilder cog) => cog.MapPost("/shutdown", Stop)
        .WithName("shutdown")
        .WithSummary("Stop the service")
        .WithDescription("Accepts no new connections and completes the responses in progress. By default only from this machine (`Auth:Shutdown`).")
        .Produces<object>()
        .Produces<CogFailure>(StatusCodes.Status403Forbidden);

    static IResult Stop(HttpContext http, IOptions<AuthOptions> options, IHostApplicationLifetime lifetime)
    {
        if (Refusal(http.Request, options.Value.Shutdown) is { } refusal)
        {
            return CogErrors.Failure(StatusCodes.Status403Forbidden, refusal);
        }

        http.Response.OnCompleted(() =>
        {
            lifetime.StopApplication();
            return Task.CompletedTask;
        });
        return TypedResults.Json(new { }, WireJson.Options);
    }

    /// <remarks>A web page in a browser on this machine can post here without CORS permission, so cross-site requests are refused.</remarks>
    static string? Refusal(HttpRequest request, ShutdownAccess access) => access switch
    {
        ShutdownAccess.Off => "Stopping the service over HTTP is turned off (Auth:Shutdown).",
        ShutdownAccess.Loopback when !RequestOrigin.IsLocal(request) =>
            "Only programs on this machine may stop the service, at localhost (Auth:Shutdown).",
        _ => RequestOrigin.IsCrossSite(request) ? "A web page from another origin may not stop the service." : null,
    };
}
