using LoraHub.Api.Http;
using LoraHub.Api.Predictions;
using LoraHub.Api.Worker;
using LoraHub.Core;
using LoraHub.Core.Json;
using LoraHub.Core.Predictions;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Cog;

/// <summary>The services that <see cref="CogCreation"/> uses.</summary>
sealed record CogServices(
    [FromServices] PredictionIntake Intake,
    [FromServices] IPredictionStore Store,
    [FromServices] IPredictionQueue Queue,
    [FromServices] IPredictionEvents Events,
    [FromServices] WorkerState Worker,
    [FromServices] CogReaders Readers,
    [FromServices] OpenStreams Streams,
    [FromServices] GracefulStop Stop,
    [FromServices] IOptions<ApiOptions> Options,
    [FromServices] IOptions<QueueOptions> Queued,
    [FromServices] TimeProvider Time);

/// <summary>Creates predictions. Answers with the result, with an event stream, or at once. Checks run in Cog's order.</summary>
static class CogCreation
{
    const string NotReady = "Setup has not finished yet. Wait until it has finished, or GET /health-check for status.";

    const string AtCapacity = "At capacity - all prediction slots busy";

    public static async Task<IResult> PostAsync(HttpContext http, [AsParameters] CogServices services)
    {
        var request = await CogRequest.ReadAsync(http.Request);
        return await CreateAsync(http, services, request)
            ?? CogErrors.Failure(StatusCodes.Status409Conflict, "The id is taken; leave it out, or PUT to ask for the same prediction again.");
    }

    public static async Task<IResult> PutAsync(string id, HttpContext http, [AsParameters] CogServices services)
    {
        var request = await CogRequest.ReadAsync(http.Request);
        if (!CogRequest.IsId(id) || (request.Id ?? id) != id)
        {
            return CogErrors.Id(CogRequest.IsId(id) ? "prediction ID must match the ID supplied in the URL" : CogRequest.IdRule);
        }

        return await FindExistingAsync(id, http, services)
            ?? await CreateAsync(http, services, request with { Id = id })
            ?? await FindExistingAsync(id, http, services) // another request created the same id first
            ?? CogErrors.Failure(StatusCodes.Status409Conflict, "The id is taken.");
    }

    /// <returns>Null when the id is taken.</returns>
    static async Task<IResult?> CreateAsync(HttpContext http, CogServices services, CogRequest request)
    {
        if (services.Worker.Setup is { Status: not SetupStatus.Succeeded } setup)
        {
            return CogErrors.Failure(
                StatusCodes.Status503ServiceUnavailable, setup.Status == SetupStatus.Failed ? $"Setup failed: {setup.Error}" : NotReady);
        }

        var streams = AcceptsEvents(http.Request);
        using var slot = streams ? services.Streams.TryOpen() : null;
        if (streams && slot is null)
        {
            return CogErrors.TooManyStreams();
        }

        var capacity = Math.Min(services.Queued.Value.BareCapacity, services.Queued.Value.Capacity);
        var toCreate = new PredictionRequest(request.Input, Origin.Of(http.Request), capacity)
        {
            SentTo = Origin.AsSent(http.Request),
            Id = request.Id,
            Webhook = request.Webhook,
            Ignored = request.Ignored,
        };
        return await services.Intake.CreateAsync(toCreate, http.RequestAborted) switch
        {
            IntakeResult.Accepted(var prediction) => await AnswerAsync(http, services, prediction),
            IntakeResult.Invalid(var errors) => CogErrors.Inputs(errors),
            IntakeResult.TooLarge(var reason) => CogErrors.Text(StatusCodes.Status413PayloadTooLarge, reason),
            IntakeResult.Full => CogErrors.Failure(StatusCodes.Status409Conflict, AtCapacity),
            _ => null,
        };
    }

    static Task<IResult> AnswerAsync(HttpContext http, CogServices services, Prediction prediction)
    {
        if (AcceptsEvents(http.Request))
        {
            services.Readers.Create(prediction.Id);
            return StreamAsync(http, services, prediction);
        }

        return PreferHeader.Of(http.Request).RespondAsync
            ? Task.FromResult<IResult>(Accepted(prediction))
            : WaitAsync(http, services, prediction);
    }

    static JsonHttpResult<CogAccepted> Accepted(Prediction prediction) =>
        TypedResults.Json(new CogAccepted(prediction.Id, prediction.Status), WireJson.Options, statusCode: StatusCodes.Status202Accepted);

    static async Task<IResult> WaitAsync(HttpContext http, CogServices services, Prediction prediction)
    {
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, services.Stop.Over);
        try
        {
            return TypedResults.Json(CogPrediction.From(await services.Events.FollowAsync(prediction, linked.Token)), WireJson.Options);
        }
        catch (OperationCanceledException) when (services.Stop.Over.IsCancellationRequested)
        {
            return Accepted(prediction); // another process continues it
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            await services.Queue.CancelAsync(prediction.Id, CancellationToken.None); // the only reader has left
            return TypedResults.StatusCode(StatusCodes.Status499ClientClosedRequest);
        }
    }

    /// <param name="prediction">Its state at creation, before its first event.</param>
    static async Task<IResult> StreamAsync(HttpContext http, CogServices services, Prediction prediction)
    {
        try
        {
            await http.Response.WriteEventsAsync(
                services.Events.StreamAsync(prediction),
                new KeepAlive(CogStream.KeepAlive, services.Options.Value.Heartbeat, services.Time),
                services.Stop.Over);
            return TypedResults.Empty;
        }
        finally
        {
            if (services.Readers.Leave(prediction.Id)
                && http.RequestAborted.IsCancellationRequested
                && !services.Stop.Over.IsCancellationRequested)
            {
                await services.Queue.CancelAsync(prediction.Id, CancellationToken.None);
            }
        }
    }

    /// <summary>Answers with an existing prediction: all of its events while it runs, else its current state.</summary>
    static async Task<IResult?> FindExistingAsync(string id, HttpContext http, CogServices services)
    {
        if (await services.Store.FindAsync(id, PredictionKinds.Predictions, http.RequestAborted) is not { } prediction)
        {
            return null;
        }

        if (prediction.IsTerminal || !AcceptsEvents(http.Request))
        {
            return TypedResults.Json(
                CogPrediction.From(prediction) with { Input = prediction.Removed.HasFlag(DataParts.Inputs) ? null : prediction.Input },
                WireJson.Options,
                statusCode: prediction.IsTerminal ? StatusCodes.Status200OK : StatusCodes.Status202Accepted);
        }

        using var slot = services.Streams.TryOpen();
        if (slot is null)
        {
            return CogErrors.TooManyStreams();
        }

        services.Readers.Join(id);
        return await StreamAsync(http, services, new Prediction(prediction.Created));
    }

    static bool AcceptsEvents(HttpRequest request) =>
        request.GetTypedHeaders().Accept.Any(accepted => accepted.MediaType.Equals("text/event-stream", StringComparison.OrdinalIgnoreCase));
}
