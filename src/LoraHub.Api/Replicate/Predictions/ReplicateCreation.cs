using LoraHub.Api.Http;
using LoraHub.Api.Models;
using LoraHub.Api.Predictions;
using LoraHub.Api.Worker;
using LoraHub.Core;
using LoraHub.Core.Json;
using LoraHub.Core.Predictions;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Replicate.Predictions;

/// <summary>The services that <see cref="ReplicateCreation"/> uses.</summary>
sealed record ReplicateServices(
    [FromServices] PredictionIntake Intake,
    [FromServices] IPredictionEvents Events,
    [FromServices] Composer Composer,
    [FromServices] ModelCatalog Models,
    [FromServices] RunAddresses Addresses,
    [FromServices] WorkerState Worker,
    [FromServices] GracefulStop Stop,
    [FromServices] IOptions<ApiOptions> Options,
    [FromServices] IOptions<QueueOptions> Queue,
    [FromServices] TimeProvider Time);

/// <summary>Creates predictions. Answers at once, or with the result if it comes within the requested wait.</summary>
static class ReplicateCreation
{
    public static Task<IResult> PostAsync(HttpContext http, [AsParameters] ReplicateServices services) =>
        CreateAsync(http, services, model: null, deployment: null);

    public static async Task<IResult> PostToModelAsync(string owner, string name, HttpContext http, [AsParameters] ReplicateServices services) =>
        await services.Models.FindAsync($"{owner}/{name}", version: null, http.RequestAborted) is { } model
            ? await CreateAsync(http, services, model, deployment: null)
            : Problems.UnknownModel(services.Models.Unknown($"{owner}/{name}"));

    /// <param name="model">The model that the path names, or null when the body names it.</param>
    /// <param name="deployment">The deployment that the path names, or null.</param>
    public static async Task<IResult> CreateAsync(HttpContext http, ReplicateServices services, CallableModel? model, string? deployment)
    {
        if (RefuseSetup(services) is { } failed)
        {
            return failed;
        }

        var request = await ReplicateRequest.ReadAsync(http.Request, needsVersion: model is null);
        var cancelAfter = CancelAfterOf(http.Request);
        model ??= await services.Models.FindVersionAsync(request.Version!, http.RequestAborted);
        if (model is null || model.Problem is not null)
        {
            return Problems.InvalidVersion(
                model is null ? services.Models.UnknownVersion(request.Version!) : $"`{model.Name}` cannot be called: {model.Problem}");
        }

        var toCreate = ToCreate(http, services, request, model) with { CancelAfter = cancelAfter, Deployment = deployment };
        return await AnswerAsync(http, services, await services.Intake.CreateAsync(toCreate, http.RequestAborted));
    }

    /// <returns>The error response if nothing can run, or null.</returns>
    public static IResult? RefuseSetup(ReplicateServices services) => services.Worker.Setup is { Status: SetupStatus.Failed } setup
        ? Problems.Because(StatusCodes.Status503ServiceUnavailable, "Setup failed", $"The model could not be loaded: {setup.Error}")
        : null;

    /// <exception cref="RequestRefusedException">The header is malformed.</exception>
    public static TimeSpan? CancelAfterOf(HttpRequest request) => CancelAfterHeader.Of(request) switch
    {
        CancelAfterHeader.Invalid => throw new RequestRefusedException(
            Problems.Fields([new InvalidField("invalid_value", CancelAfterHeader.Name, CancelAfterHeader.Rule)])),
        CancelAfterHeader.Given given => given.Time,
        _ => null,
    };

    /// <summary>What a request asks for.</summary>
    /// <param name="isTraining">Whether to train the model instead of calling it.</param>
    public static PredictionRequest ToCreate(
        HttpContext http, ReplicateServices services, ReplicateRequest request, CallableModel model, bool isTraining = false)
    {
        var toCreate = new PredictionRequest(request.Input, Origin.Of(http.Request), services.Queue.Value.Capacity)
        {
            SentTo = Origin.AsSent(http.Request),
            Webhook = request.Webhook,
            Model = model,
            IsTraining = isTraining,
            RefusesOnlyIgnored = true,
        };
        return toCreate with { Ignored = IgnoredInputs.Of(request.Body, toCreate.Fields) };
    }

    /// <summary>Answers with what was created, at once or when it has ended, or with the reason why nothing was.</summary>
    public static async Task<IResult> AnswerAsync(HttpContext http, ReplicateServices services, IntakeResult result) => result switch
    {
        IntakeResult.Accepted(var prediction) => await AnswerAsync(http, services, prediction),
        IntakeResult.Invalid(var errors) => Problems.Inputs(errors),
        IntakeResult.TooLarge(var reason) => Problems.Because(StatusCodes.Status413PayloadTooLarge, null, reason),
        IntakeResult.Full => QueueFull(http.Response),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    static IResult QueueFull(HttpResponse response)
    {
        response.Headers.RetryAfter = "10"; // an estimate; without it some clients would retry at once
        return Problems.Because(StatusCodes.Status429TooManyRequests, null, "Too many predictions are waiting; try again when one has ended.");
    }

    static async Task<IResult> AnswerAsync(HttpContext http, ReplicateServices services, Prediction created)
    {
        // After the wait, the answer is the prediction at creation: clients take any status but `starting` as final.
        var prediction = created;
        if (PreferHeader.Of(http.Request).Wait is { } requested)
        {
            http.Response.Headers["Preference-Applied"] = "wait";
            prediction = await WaitAsync(http, services, created, requested);
        }

        var answer = ReplicatePrediction.From(prediction, services.Composer, services.Addresses);
        http.Response.Headers.Location = answer.Urls.Get;
        return TypedResults.Json(answer, WireJson.Options, statusCode: StatusCodes.Status201Created);
    }

    static async Task<Prediction> WaitAsync(HttpContext http, ReplicateServices services, Prediction created, TimeSpan requested)
    {
        var limit = services.Options.Value.WaitLimit;
        using var timeout = new CancellationTokenSource(requested < limit ? requested : limit, services.Time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, http.RequestAborted, services.Stop.Over);
        try
        {
            return await services.Events.FollowAsync(created, linked.Token);
        }
        catch (OperationCanceledException) when (linked.IsCancellationRequested)
        {
            return created;
        }
    }
}
