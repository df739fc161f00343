using System.Text.Json;
using System.Text.Json.Nodes;
using LoraHub.Api.Cog.Document;
using LoraHub.Api.Docs;
using LoraHub.Api.Http;
using LoraHub.Api.Models;
using LoraHub.Api.Security;
using LoraHub.Api.Worker;
using LoraHub.Core.Json;
using LoraHub.Core.Predictions;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LoraHub.Api.Cog;

/// <summary>Maps the bare paths, which follow the HTTP API of a Cog container.</summary>
static class CogEndpoints
{
    public static IServiceCollection AddCog(this IServiceCollection services) => services
        .AddSingleton<CogReaders>()
        .AddSingleton<CogHealthCheck>()
        .AddHostedService<CogReadyFile>()
        .AddSingleton<IErrorFormat, CogErrorFormat>()
        .AddSingleton<IAnswerExamples, CogExamples>();

    public static IEndpointRouteBuilder MapCog(this IEndpointRouteBuilder routes)
    {
        var cog = routes.MapGroup("").WithTags("Cog");
        cog.ProducesRefusals();
        cog.AnswerRefusals();
        cog.AddEndpointFilter((context, next) => context.HttpContext.Request.Path.Value is [_, .., '/']
            ? ValueTask.FromResult<object?>(TypedResults.NotFound()) // routing accepts a trailing slash, Cog does not
            : next(context));
        cog.MapMethods("/", RouteMethods.Read, Index).WithName("root.get").WithSummary("List the service's URLs").Produces<CogIndex>();
        cog.MapMethods("/health-check", RouteMethods.Read, CogHealthCheck.AnswerAsync)
            .AllowAnonymous() // probes have no token
            .WithName("health.get")
            .WithSummary("Get the service's health")
            .WithDescription("Always 200. `status` is STARTING, READY, BUSY, SETUP_FAILED or UNHEALTHY.")
            .Produces<CogHealth>();
        cog.MapMethods("/openapi.json", RouteMethods.Read, OpenApi)
            .WithName("openapi.get")
            .WithSummary("Get Cog's OpenAPI document of the inputs and the output")
            .WithDescription("OpenAPI 3.0.2, as Cog's own tools read it. 503 until setup has succeeded.")
            .Produces<JsonElement>()
            .Produces<CogError>(StatusCodes.Status503ServiceUnavailable);
        cog.MapPost("/predictions", CogCreation.PostAsync)
            .WithName("cog.predictions.create")
            .WithSummary("Create a prediction and wait for its result")
            .WithDescription("200 whatever the outcome; see `status` and `error`. `Prefer: respond-async` answers 202 at once. "
                + "`Accept: text/event-stream` streams the events. Closing the connection cancels the prediction, unless the answer was 202. "
                + "A text input may also be a `data:` URL, or the `urls.get` of a file in `/v1/files`.")
            .ProducesCreation();
        cog.MapPut("/predictions/{id}", CogCreation.PutAsync)
            .WithName("cog.predictions.put")
            .WithSummary("Create a prediction with your own id, at most once")
            .WithDescription("Like POST. If the id already exists, nothing starts and the answer is the existing prediction: "
                + "202 while it runs, 200 afterwards.")
            .ProducesCreation();
        cog.MapPost("/predictions/{id}/cancel", CancelAsync)
            .WithName("cog.predictions.cancel")
            .WithSummary("Cancel a prediction")
            .WithDescription("200 while it waits or runs, 404 when it has ended or does not exist. Both bodies are an empty object.")
            .Produces<object>().Produces<object>(StatusCodes.Status404NotFound);
        cog.MapShutdown();
        return routes;
    }

    /// <summary>Documents 401 and 403 on every route of the group that requires authorization (<see cref="AuthOptions.Bare"/>).</summary>
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
        .WithMetadata(new TextAnswer(StatusCodes.Status422UnprocessableEntity)) // a member beside `input` of a wrong type
        .Produces<CogError>(StatusCodes.Status429TooManyRequests)
        .Produces<CogFailure>(StatusCodes.Status503ServiceUnavailable);

    static JsonHttpResult<CogIndex> Index() => TypedResults.Json(new CogIndex(), WireJson.Options);

    static IResult OpenApi(WorkerState worker) => worker.Setup.Status == SetupStatus.Succeeded
        ? TypedResults.Bytes(CogDocument.Bytes, "application/json")
        : TypedResults.Json(new CogError("OpenAPI schema not available"), WireJson.Options, statusCode: StatusCodes.Status503ServiceUnavailable);

    static async Task<IResult> CancelAsync(string id, IPredictionStore store, IPredictionQueue queue)
    {
        var isOpen = await store.FindAsync(id, PredictionKinds.Predictions, CancellationToken.None) is { IsTerminal: false };
        var isCanceled = isOpen && await queue.CancelAsync(id, CancellationToken.None);
        return TypedResults.Json(new { }, WireJson.Options, statusCode: isCanceled ? StatusCodes.Status200OK : StatusCodes.Status404NotFound);
    }
}

/// <summary>The URLs of the bare paths.</summary>
[RelativeUrls]
public sealed record CogIndex
{
    public string CogVersion { get; init; } = Composer.CogVersion;

    public string DocsUrl { get; init; } = "/docs";

    public string OpenapiUrl { get; init; } = "/openapi.json";

    public string ShutdownUrl { get; init; } = "/shutdown";

    public string HealthcheckUrl { get; init; } = "/health-check";

    public string PredictionsUrl { get; init; } = "/predictions";

    public string PredictionsIdempotentUrl { get; init; } = "/predictions/{prediction_id}";

    public string PredictionsCancelUrl { get; init; } = "/predictions/{prediction_id}/cancel";
}
