using LoraHub.Api.Http;
using LoraHub.Api.Security;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Cog;

/// <summary><c>POST /shutdown</c>: the service stops as on SIGTERM, answering what it has begun to answer.</summary>
static class CogShutdown
{
    public static void MapShutdown(this IEndpointRouteBuilder cog) => cog.MapPost("/shutdown", Stop)
        .WithSummary("Stop the service")
        .WithDescription("No new connections; sync and streaming answers are finished first. Only from this machine, unless `Auth:Shutdown` says otherwise.")
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

    /// <summary>A web page needs no permission to post here from the browser of someone on this machine, so the browser's word is heeded.</summary>
    static string? Refusal(HttpRequest request, ShutdownAccess access) => access switch
    {
        ShutdownAccess.Off => "The service is not stopped over HTTP (Auth:Shutdown).",
        ShutdownAccess.Loopback when !Peer.IsLocal(request) => "Only programs on this machine may stop the service, at localhost (Auth:Shutdown).",
        _ => Peer.IsCrossSite(request) ? "A web page of another origin may not stop the service." : null,
    };
}
