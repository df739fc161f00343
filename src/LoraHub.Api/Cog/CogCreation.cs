using LoraHub.Api.Configuration;
using LoraHub.Api.Http;
using LoraHub.Api.Predictions;
using LoraHub.Api.Worker;
using LoraHub.Core;
using LoraHub.Core.Predictions;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Cog;

/// <summary>What creating a prediction in Cog's manner needs.</summary>
sealed record CogServices(
    PredictionIntake Intake,
    IPredictionStore Store,
    IPredictionQueue Queue,
    IPredictionEvents Events,
    WorkerState Worker,
    IOptions<ApiOptions> Options,
    IOptions<QueueOptions> Queued,
    TimeProvider Time);

/// <summary>Creates predictions and answers with their end, with their events, or at once.</summary>
static class CogCreation
{
    const string NotReady = "Setup has not finished yet. Wait until it has finished, or GET /health-check for status.";

    public static async Task<IResult> PostAsync(HttpContext http, [AsParameters] CogServices services)
    {
        var (request, refusal) = await ReadAsync(http, services);
        return refusal ?? await CreateAsync(http, services, request!) ?? CogErrors.Failure(StatusCodes.Status409Conflict, "The id is taken; leave it out, or PUT to ask for the same prediction again.");
    }

    public static async Task<IResult> PutAsync(string id, HttpContext http, [AsParameters] CogServices services)
    {
        var (request, refusal) = await ReadAsync(http, services);
        if (refusal is not null)
        {
            return refusal;
        }

        if (!CogRequest.IsId(id) || (request!.Id ?? id) != id)
        {
            return CogErrors.Id(CogRequest.IsId(id) ? "The id of the body is not the id of the path." : CogRequest.IdRule);
        }

        return await KnownAsync(id, http, services)
            ?? await CreateAsync(http, services, request with { Id = id })
            ?? await KnownAsync(id, http, services) // another request was faster with the same id
            ?? CogErrors.Failure(StatusCodes.Status409Conflict, "The id is taken.");
    }

    static async Task<(CogRequest? Request, IResult? Refusal)> ReadAsync(HttpContext http, CogServices services) =>
        services.Worker.Setup.Status == SetupStatus.Succeeded
            ? await CogRequest.ReadAsync(http.Request)
            : (null, CogErrors.Failure(StatusCodes.Status503ServiceUnavailable, NotReady));

    /// <returns>Null when the id is taken.</returns>
    static async Task<IResult?> CreateAsync(HttpContext http, CogServices services, CogRequest request) =>
        await services.Intake.CreateAsync(
            new PredictionRequest(request.Input, Origin.Of(http.Request), services.Queued.Value.Capacity) { Id = request.Id, SentTo = Origin.AsSent(http.Request) }, http.RequestAborted) switch
        {
            IntakeResult.Accepted(var prediction) => await AnswerAsync(http, services, prediction),
            IntakeResult.Invalid(var errors) => CogErrors.Inputs(errors),
            IntakeResult.Full => CogErrors.Failure(StatusCodes.Status409Conflict, "At capacity - all prediction slots busy"),
            _ => null,
        };

    static async Task<IResult> AnswerAsync(HttpContext http, CogServices services, Prediction prediction)
    {
        var streams = WantsEvents(http.Request);
        if (!streams && PreferHeader.Of(http.Request).RespondAsync)
        {
            return TypedResults.Json(new CogAccepted(prediction.Id, prediction.Status), WireJson.Options, statusCode: StatusCodes.Status202Accepted);
        }

        try
        {
            return streams
                ? await StreamAsync(http, services, prediction)
                : TypedResults.Json(CogPrediction.From(await services.Events.FollowAsync(prediction, http.RequestAborted)), WireJson.Options);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            return TypedResults.StatusCode(StatusCodes.Status499ClientClosedRequest);
        }
        finally
        {
            if (http.RequestAborted.IsCancellationRequested)
            {
                await services.Queue.CancelAsync(prediction.Id, CancellationToken.None); // nobody is left who wants it
            }
        }
    }

    static async Task<IResult> StreamAsync(HttpContext http, CogServices services, Prediction prediction)
    {
        await http.Response.WriteEventsAsync(
            services.Events.StreamAsync(prediction), CogStream.KeepAlive, services.Options.Value.Heartbeat, services.Time);
        return TypedResults.Empty;
    }

    /// <summary>A prediction that is there already: its events from the first one on while it runs, or as it is.</summary>
    static async Task<IResult?> KnownAsync(string id, HttpContext http, CogServices services)
    {
        if (await services.Store.FindAsync(id, http.RequestAborted) is not { } prediction)
        {
            return null;
        }

        return WantsEvents(http.Request) && !prediction.IsTerminal
            ? await StreamAsync(http, services, prediction.BeforeEvents())
            : TypedResults.Json(
                CogPrediction.From(prediction) with { Input = prediction.Input },
                WireJson.Options,
                statusCode: prediction.IsTerminal ? StatusCodes.Status200OK : StatusCodes.Status202Accepted);
    }

    static bool WantsEvents(HttpRequest request) =>
        request.GetTypedHeaders().Accept.Any(accepted => accepted.MediaType.Equals("text/event-stream", StringComparison.OrdinalIgnoreCase));
}
