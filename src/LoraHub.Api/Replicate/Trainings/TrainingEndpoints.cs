using LoraHub.Api.Replicate.Predictions;

namespace LoraHub.Api.Replicate.Trainings;

/// <summary>Trainings. LoraHub adapts without any, and there is no trainer, but clients ask.</summary>
static class TrainingEndpoints
{
    public static void MapTrainings(this IEndpointRouteBuilder v1)
    {
        v1.MapGet("/trainings", ReplicatePage.Empty<ReplicatePrediction>)
            .WithSummary("List trainings: there are none")
            .Produces<ReplicatePage<ReplicatePrediction>>();
        v1.MapGet("/trainings/{id}", (string id) => Problems.NotFound())
            .WithSummary("Get a training: there are none")
            .ProducesProblem(StatusCodes.Status404NotFound);
        v1.MapPost("/trainings/{id}/cancel", (string id) => Problems.NotFound())
            .WithSummary("Cancel a training: there are none")
            .ProducesProblem(StatusCodes.Status404NotFound);
        v1.MapPost("/models/{owner}/{name}/versions/{version}/trainings", (string owner, string name, string version) => NoTrainer())
            .WithSummary("Train the model: it cannot be trained here")
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    static IResult NoTrainer() => Problems.Because(
        StatusCodes.Status404NotFound, null, "There is no trainer here: a prediction adapts the model to your examples without training.");
}
