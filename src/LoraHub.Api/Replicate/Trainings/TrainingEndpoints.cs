using LoraHub.Api.Docs;
using LoraHub.Api.Http;
using LoraHub.Api.Replicate.Predictions;

namespace LoraHub.Api.Replicate.Trainings;

/// <summary>Maps the training routes for clients that call them. LoraHub adapts without training and has no trainer.</summary>
static class TrainingEndpoints
{
    public static void MapTrainings(this IEndpointRouteBuilder v1)
    {
        v1.MapGet("/trainings", ReplicatePage.Empty<ReplicatePrediction>)
            .WithName("trainings.list")
            .WithSummary("List trainings: always empty")
            .Produces<ReplicatePage<ReplicatePrediction>>();
        v1.MapGet("/trainings/{id}", (string id) => Problems.NotFound())
            .WithName("trainings.get")
            .WithSummary("Get a training: always 404")
            .ProducesProblem(StatusCodes.Status404NotFound);
        v1.MapPost("/trainings/{id}/cancel", (string id) => Problems.NotFound())
            .WithName("trainings.cancel")
            .WithSummary("Cancel a training: always 404")
            .ProducesProblem(StatusCodes.Status404NotFound);
        v1.MapPost("/models/{owner}/{name}/versions/{version}/trainings", (string owner, string name, string version) => NoTrainer())
            .WithName("trainings.create")
            .WithSummary("Train the model: not supported, always 404")
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    static IResult NoTrainer() => Problems.Because(
        StatusCodes.Status404NotFound, null, "Training is not supported: a prediction adapts the model to your examples without it.");
}
