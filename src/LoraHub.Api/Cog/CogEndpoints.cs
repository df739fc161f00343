using LoraHub.Api.Http;
using LoraHub.Api.Predictions;
using LoraHub.Api.Worker;
using LoraHub.Core.Predictions;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LoraHub.Api.Cog;

/// <summary>The bare paths: what a container built by Cog answers.</summary>
static class CogEndpoints
{
    static readonly string[] Reads = [HttpMethods.Get, HttpMethods.Head];

    public static IEndpointRouteBuilder MapCog(this IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/", Reads, Index);
        routes.MapMethods("/health-check", Reads, HealthCheck);
        routes.MapPost("/predictions", CogCreation.PostAsync);
        routes.MapPut("/predictions/{id}", CogCreation.PutAsync);
        routes.MapPost("/predictions/{id}/cancel", CancelAsync);
        routes.MapMethods("/predictions", Reads, ListHint).ExcludeFromDescription();
        return routes;
    }

    static JsonHttpResult<CogIndex> Index() => TypedResults.Json(new CogIndex(), WireJson.Options);

    static JsonHttpResult<CogHealth> HealthCheck(WorkerState worker) => TypedResults.Json(CogHealth.From(worker), WireJson.Options);

    static async Task<IResult> CancelAsync(string id, IPredictionStore store, IPredictionQueue queue)
    {
        var isOpen = await store.FindAsync(id, CancellationToken.None) is { IsTerminal: false };
        var isKnown = isOpen && await queue.CancelAsync(id, CancellationToken.None);
        return TypedResults.Json(new { }, WireJson.Options, statusCode: isKnown ? StatusCodes.Status200OK : StatusCodes.Status404NotFound);
    }

    /// <summary>Cog has no list; who asks for one is a Replicate client whose base URL lacks <c>/v1</c>.</summary>
    static IResult ListHint(HttpResponse response)
    {
        response.Headers.Allow = HttpMethods.Post;
        return CogErrors.Failure(
            StatusCodes.Status405MethodNotAllowed, "Predictions are listed at GET /v1/predictions; the base URL of a Replicate client must end in /v1.");
    }
}

/// <summary>Where everything is.</summary>
public sealed record CogIndex
{
    public string CogVersion { get; init; } = ServedModel.CogVersion;

    public string DocsUrl { get; init; } = "/docs";

    public string HealthcheckUrl { get; init; } = "/health-check";

    public string PredictionsUrl { get; init; } = "/predictions";

    public string PredictionsIdempotentUrl { get; init; } = "/predictions/{prediction_id}";

    public string PredictionsCancelUrl { get; init; } = "/predictions/{prediction_id}/cancel";
}
