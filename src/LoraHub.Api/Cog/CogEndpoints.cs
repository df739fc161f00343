using System.Text.Json;
using System.Text.Json.Nodes;
using LoraHub.Api.Cog.Document;
using LoraHub.Api.Docs;
using LoraHub.Api.Http;
using LoraHub.Api.Predictions;
using LoraHub.Api.Security;
using LoraHub.Api.Worker;
using LoraHub.Core.Predictions;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LoraHub.Api.Cog;

/// <summary>The bare paths: what a container built by Cog answers.</summary>
static class CogEndpoints
{
    static readonly string[] Reads = [HttpMethods.Get, HttpMethods.Head];

    public static IServiceCollection AddCog(this IServiceCollection services) => services.AddSingleton<CogReaders>().AddSingleton<CogHealthCheck>().AddHostedService<CogReadyFile>();

    public static IEndpointRouteBuilder MapCog(this IEndpointRouteBuilder routes)
    {
        var cog = routes.MapGroup("").WithTags("Cog");
        cog.ProducesRefusals();
        cog.AddEndpointFilter((context, next) => context.HttpContext.Request.Path.Value is [_, .., '/']
            ? ValueTask.FromResult<object?>(TypedResults.NotFound()) // routing lets a slash at the end pass, Cog does not
            : next(context));
        cog.MapMethods("/", Reads, Index).WithSummary("Where everything is").Produces<CogIndex>();
        cog.MapMethods("/health-check", Reads, CogHealthCheck.AnswerAsync)
            .AllowAnonymous() // probes have no token
            .WithSummary("How the service is")
            .WithDescription("Always 200. `status` is STARTING, READY, BUSY, SETUP_FAILED or UNHEALTHY.")
            .Produces<CogHealth>();
        cog.MapMethods("/openapi.json", Reads, OpenApi)
            .WithSummary("The inputs and the output, in Cog's document")
            .WithDescription("OpenAPI 3.0.2, as Cog's own tools read it; 503 until the setup has succeeded.")
            .Produces<JsonElement>()
            .Produces<CogError>(StatusCodes.Status503ServiceUnavailable);
        cog.MapPost("/predictions", CogCreation.PostAsync)
            .WithSummary("Make a prediction and wait for its end")
            .WithDescription("200 whatever the outcome: see `status` and `error`. `Prefer: respond-async` answers 202 at once, `Accept: text/event-stream` "
                + "streams what happens. Leaving cancels, unless the answer was 202. A text input may also be a `data:` URL, or the `urls.get` of a file of `/v1/files`.")
            .ProducesCreation();
        cog.MapPut("/predictions/{id}", CogCreation.PutAsync)
            .WithSummary("Make a prediction under an id of your own, once")
            .WithDescription("As POST; when the id is known already, nothing is started and the answer is the prediction as it is: 202 while it runs, 200 after.")
            .ProducesCreation();
        cog.MapPost("/predictions/{id}/cancel", CancelAsync)
            .WithSummary("Cancel a prediction")
            .WithDescription("200 while it waits or runs, 404 when it has ended or is unknown; both with an empty object.")
            .Produces<object>().Produces<object>(StatusCodes.Status404NotFound);
        cog.MapShutdown();
        return routes;
    }

    /// <summary>Documents, on every route of the group that is not open to all, what it answers who may not ask (<see cref="AuthOptions.Bare"/>).</summary>
    static void ProducesRefusals(this RouteGroupBuilder group) => ((IEndpointConventionBuilder)group).Finally(route =>
    {
        if (!route.Metadata.OfType<IAllowAnonymous>().Any())
        {
            route.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status401Unauthorized, typeof(CogFailure), ["application/json"]));
            route.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status403Forbidden, typeof(CogFailure), ["application/json"]));
        }
    });

    static RouteHandlerBuilder ProducesCreation(this RouteHandlerBuilder route) => route
        .WithHeader("Prefer", "`respond-async` answers 202 at once.", "")
        .WithBody<CogPredictionRequest>(_ => new JsonObject { ["input"] = InputDocument.Example() })
        .Produces<CogPrediction>()
        .Produces<CogAccepted>(StatusCodes.Status202Accepted)
        .Produces<string>(StatusCodes.Status400BadRequest, "text/plain")
        .Produces<CogFailure>(StatusCodes.Status409Conflict)
        .Produces<string>(StatusCodes.Status413PayloadTooLarge, "text/plain")
        .Produces<string>(StatusCodes.Status415UnsupportedMediaType, "text/plain")
        .Produces<CogInputErrors>(StatusCodes.Status422UnprocessableEntity)
        .Produces<CogError>(StatusCodes.Status429TooManyRequests)
        .Produces<CogFailure>(StatusCodes.Status503ServiceUnavailable);

    static JsonHttpResult<CogIndex> Index() => TypedResults.Json(new CogIndex(), WireJson.Options);

    static IResult OpenApi(WorkerState worker) => worker.Setup.Status == SetupStatus.Succeeded
        ? TypedResults.Bytes(CogDocument.Bytes, "application/json")
        : TypedResults.Json(new CogError("OpenAPI schema not available"), WireJson.Options, statusCode: StatusCodes.Status503ServiceUnavailable);

    static async Task<IResult> CancelAsync(string id, IPredictionStore store, IPredictionQueue queue)
    {
        var isOpen = await store.FindAsync(id, CancellationToken.None) is { IsTerminal: false };
        var isKnown = isOpen && await queue.CancelAsync(id, CancellationToken.None);
        return TypedResults.Json(new { }, WireJson.Options, statusCode: isKnown ? StatusCodes.Status200OK : StatusCodes.Status404NotFound);
    }
}

/// <summary>Where everything is.</summary>
public sealed record CogIndex
{
    public string CogVersion { get; init; } = ServedModel.CogVersion;

    public string DocsUrl { get; init; } = "/docs";

    public string OpenapiUrl { get; init; } = "/openapi.json";

    public string ShutdownUrl { get; init; } = "/shutdown";

    public string HealthcheckUrl { get; init; } = "/health-check";

    public string PredictionsUrl { get; init; } = "/predictions";

    public string PredictionsIdempotentUrl { get; init; } = "/predictions/{prediction_id}";

    public string PredictionsCancelUrl { get; init; } = "/predictions/{prediction_id}/cancel";
}
