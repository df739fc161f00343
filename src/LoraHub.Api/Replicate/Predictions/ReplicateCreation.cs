using LoraHub.Api.Configuration;
using LoraHub.Api.Http;
using LoraHub.Api.Predictions;
using LoraHub.Api.Worker;
using LoraHub.Core;
using LoraHub.Core.Predictions;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Replicate.Predictions;

/// <summary>What creating a prediction in Replicate's manner needs.</summary>
sealed record ReplicateServices(
    PredictionIntake Intake,
    IPredictionEvents Events,
    ServedModel Model,
    StreamAddress Streams,
    WorkerState Worker,
    GracefulStop Stop,
    IOptions<ApiOptions> Options,
    IOptions<QueueOptions> Queue,
    TimeProvider Time);

/// <summary>Creates predictions and answers at once, or with their end when that comes soon enough.</summary>
static class ReplicateCreation
{
    public static Task<IResult> PostAsync(HttpContext http, [AsParameters] ReplicateServices services) =>
        CreateAsync(http, services, services.Model, deployment: null);

    public static async Task<IResult> PostToModelAsync(string owner, string name, HttpContext http, [AsParameters] ReplicateServices services) =>
        $"{owner}/{name}" == services.Model.Name ? await CreateAsync(http, services, model: null, deployment: null) : Problems.NotFound();

    public static async Task<IResult> PostToDeploymentAsync(string owner, string name, HttpContext http, [AsParameters] ReplicateServices services) =>
        $"{owner}/{name}" is var deployment && deployment == services.Model.Deployment
            ? await CreateAsync(http, services, model: null, deployment)
            : Problems.NotFound();

    /// <param name="model">See <see cref="ReplicateRequest.ReadAsync"/>.</param>
    static async Task<IResult> CreateAsync(HttpContext http, ReplicateServices services, ServedModel? model, string? deployment)
    {
        if (services.Worker.Setup.Status == SetupStatus.Failed)
        {
            return Problems.Because(StatusCodes.Status503ServiceUnavailable, "Setup failed", "The model could not be loaded; GET /health-check says why.");
        }

        var (request, refusal) = await ReplicateRequest.ReadAsync(http.Request, model);
        if (refusal is not null)
        {
            return refusal;
        }

        var cancelAfter = CancelAfterHeader.Of(http.Request);
        if (cancelAfter is CancelAfterHeader.Wrong)
        {
            return Problems.Fields([new InvalidField("invalid_value", CancelAfterHeader.Name, CancelAfterHeader.Rule)]);
        }

        var wanted = new PredictionRequest(request!.Input, Origin.Of(http.Request), services.Queue.Value.Capacity)
        {
            SentTo = Origin.AsSent(http.Request),
            Deployment = deployment,
            Webhook = request.Webhook,
            CancelAfter = (cancelAfter as CancelAfterHeader.Given)?.Time,
        };
        return await services.Intake.CreateAsync(wanted, http.RequestAborted) switch
        {
            IntakeResult.Accepted(var prediction) => await AnswerAsync(http, services, prediction),
            IntakeResult.Invalid(var errors) => Problems.Inputs(errors),
            IntakeResult.Full => Full(http.Response),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    static IResult Full(HttpResponse response)
    {
        response.Headers.RetryAfter = "10"; // nobody knows when one ends; clients that read it would otherwise be back at once
        return Problems.Because(StatusCodes.Status429TooManyRequests, null, "Too many predictions are waiting; try again when one has ended.");
    }

    static async Task<IResult> AnswerAsync(HttpContext http, ReplicateServices services, Prediction created)
    {
        // When the wait runs out the answer is the prediction as it was created: clients take any status but `starting` for the end.
        var prediction = created;
        if (PreferHeader.Of(http.Request).Wait is { } asked)
        {
            http.Response.Headers["Preference-Applied"] = "wait";
            prediction = await WaitAsync(http, services, created, asked);
        }

        var answer = ReplicatePrediction.From(prediction, services.Model, services.Streams);
        http.Response.Headers.Location = answer.Urls.Get;
        return TypedResults.Json(answer, WireJson.Options, statusCode: StatusCodes.Status201Created);
    }

    static async Task<Prediction> WaitAsync(HttpContext http, ReplicateServices services, Prediction created, TimeSpan asked)
    {
        var limit = services.Options.Value.WaitLimit;
        using var enough = new CancellationTokenSource(asked < limit ? asked : limit, services.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(enough.Token, http.RequestAborted, services.Stop.Over);
        try
        {
            return await services.Events.FollowAsync(created, either.Token);
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            return created;
        }
    }
}
