using LoraHub.Api.Docs;
using LoraHub.Api.Http;
using LoraHub.Api.Models;
using LoraHub.Api.Replicate.Predictions;
using LoraHub.Api.Security;
using LoraHub.Core;
using LoraHub.Core.Predictions;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Replicate.Trainings;

/// <summary>Maps <c>/v1/trainings</c> and <c>/v1/models/{owner}/{name}/versions/{version}/trainings</c>.</summary>
static class TrainingEndpoints
{
    static readonly Problem NotEnded = new(null, "The training has not ended; cancel it first.", StatusCodes.Status409Conflict);

    public static void MapTrainings(this IEndpointRouteBuilder v1)
    {
        v1.MapPost("/models/{owner}/{name}/versions/{version}/trainings", TrainingCreation.PostAsync)
            .WithScope(TokenScope.Predict)
            .WithScope(TokenScope.Publish)
            .WithName("trainings.create")
            .WithSummary("Create a training: it makes a new version of the module `destination`")
            .WithDescription("On a version of the composer, all types. On a version of a module, `tune` goes on from it; on a base model's, `tune` "
                + "trains a new LoRA for it. The destination is created if the token may; a module that was published with another token needs the "
                + "scope `admin`. The token needs the scopes `predict` and `publish`.")
            .WithBody<ReplicateTrainingRequest>(_ => TrainingExamples.Body())
            .Produces<ReplicatePrediction>(StatusCodes.Status201Created)
            .WithMetadata(new AnswerDocument(StatusCodes.Status201Created, TrainingExamples.Created()))
            .WithHeader("Prefer", "`wait=n` waits up to n seconds for the result (1 to 60; `wait` alone: 60).", "")
            .WithHeader(CancelAfterHeader.Name, CancelAfterHeader.Rule, "2h")
            .ProducesBadBodies()
            .ProducesProblem(new Problem(null, TrainingCreation.BadDestination, StatusCodes.Status404NotFound))
            .ProducesProblem(new Problem(null, TrainingCreation.NameTaken, StatusCodes.Status409Conflict))
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        v1.MapGet("/trainings", ListAsync)
            .WithName("trainings.list")
            .WithSummary("List trainings, newest first, a hundred a page")
            .WithListQuery("trainings")
            .Produces<ReplicatePage<ReplicatePrediction>>()
            .WithMetadata(new AnswerDocument(StatusCodes.Status200OK, TrainingExamples.Page()))
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        v1.MapGet("/trainings/{id}", GetAsync)
            .WithName("trainings.get")
            .WithSummary("Get a training")
            .ProducesTraining();
        v1.MapPost("/trainings/{id}/cancel", CancelAsync)
            .WithName("trainings.cancel")
            .WithSummary("Cancel a training")
            .WithDescription("It ends within a step, and no version is published. Does not change a training that has ended.")
            .ProducesTraining();
        v1.MapDelete("/trainings/{id}", DeleteAsync)
            .WithName("trainings.delete")
            .WithSummary("Remove a finished training's data")
            .WithDescription("As for a prediction. The version that it made remains.")
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(NotEnded);
    }

    static RouteHandlerBuilder ProducesTraining(this RouteHandlerBuilder route) => route
        .Produces<ReplicatePrediction>()
        .WithMetadata(new AnswerDocument(StatusCodes.Status200OK, TrainingExamples.Succeeded()))
        .ProducesProblem(StatusCodes.Status404NotFound);

    static Task<IResult> ListAsync(
        HttpRequest request, IPredictionStore store, Composer composer, RunAddresses addresses, IOptions<LimitsOptions> limits) =>
        ReplicateListing.PageAsync(
            request, store, limits.Value, PredictionKinds.Trainings, training => ReplicatePrediction.From(training, composer, addresses));

    static Task<IResult> GetAsync(string id, [AsParameters] RecordServices services) =>
        ReplicateRecord.GetAsync(id, PredictionKinds.Trainings, services);

    /// <summary>Ignores the body, as for a prediction.</summary>
    static Task<IResult> CancelAsync(string id, [AsParameters] RecordServices services) =>
        ReplicateRecord.CancelAsync(id, PredictionKinds.Trainings, services);

    static Task<IResult> DeleteAsync(string id, [AsParameters] RecordServices services) =>
        ReplicateRecord.DeleteAsync(id, PredictionKinds.Trainings, NotEnded, services);
}
