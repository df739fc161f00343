using System.Text.Json.Nodes;
using LoraHub.Api.Docs;
using LoraHub.Api.Http;
using LoraHub.Core.Predictions;

namespace LoraHub.Api.Replicate.Predictions;

/// <summary>Maps <c>/v1/predictions</c>, <c>/v1/streams</c> and <c>/v1/models/{owner}/{name}/predictions</c>.</summary>
static class PredictionEndpoints
{
    static readonly Problem NotEnded = new(null, "The prediction has not ended; cancel it first.", StatusCodes.Status409Conflict);

    public static void MapPredictions(this IEndpointRouteBuilder v1)
    {
        v1.MapPost("/predictions", ReplicateCreation.PostAsync)
            .WithName("predictions.create")
            .WithSummary("Create a prediction")
            .WithDescription("Answers at once. With `Prefer: wait=n`, waits up to n seconds for the result. "
                + "`version` names the model: `owner/name`, `owner/name:id`, or a version's id. The composer takes the inputs below, a module or a "
                + "base model takes `prompt` and the others in its version's `openapi_schema`. "
                + "A text input may also be a `data:` URL, or the `urls.get` of a file in `/v1/files`.")
            .WithBody<ReplicatePredictionRequest>(model => new JsonObject { ["version"] = model.Name, ["input"] = InputDocument.Example() })
            .ProducesCreation();
        v1.MapPost("/models/{owner}/{name}/predictions", ReplicateCreation.PostToModelAsync)
            .WithName("models.predictions.create")
            .WithSummary("Create a prediction with the model in the path")
            .WithDescription("As `POST /v1/predictions`, with the model's current version.")
            .WithBody<ReplicateModelPredictionRequest>(_ => new JsonObject { ["input"] = InputDocument.Example() })
            .ProducesCreation()
            .ProducesProblem(StatusCodes.Status404NotFound);
        v1.MapGet("/predictions", ReplicateListing.ListAsync)
            .WithName("predictions.list")
            .WithSummary("List predictions, newest first, a hundred a page")
            .WithListQuery("predictions")
            .Produces<ReplicatePage<ReplicatePrediction>>()
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        v1.MapGet("/predictions/{id}", GetAsync)
            .WithName("predictions.get")
            .WithSummary("Get a prediction")
            .Produces<ReplicatePrediction>()
            .ProducesProblem(StatusCodes.Status404NotFound);
        v1.MapDelete("/predictions/{id}", DeleteAsync)
            .WithName("predictions.delete")
            .WithSummary("Remove a finished prediction's data")
            .WithDescription("Removes its input, logs and output at once and sets `data_removed`. "
                + "Its files are deleted later, unless another prediction refers to them. The record with its times and status remains.")
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(NotEnded);
        v1.MapPost("/predictions/{id}/cancel", CancelAsync)
            .WithName("predictions.cancel")
            .WithSummary("Cancel a prediction")
            .WithDescription("Does not change a prediction that has ended.")
            .Produces<ReplicatePrediction>()
            .ProducesProblem(StatusCodes.Status404NotFound);
        v1.MapGet("/streams/{address}", ReplicateStream.StreamAsync)
            .AllowAnonymous()
            .WithName("predictions.stream")
            .WithSummary("Stream a prediction's output, errors and completion")
            .WithDescription("The URL is in the prediction's `urls.stream` and needs no token.")
            .WithHeader("Last-Event-ID", "The id of the last event received; the stream resumes after it.", "")
            .Produces<string>(StatusCodes.Status200OK, "text/event-stream")
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    /// <summary>Documents what selects a page of predictions or trainings.</summary>
    public static RouteHandlerBuilder WithListQuery(this RouteHandlerBuilder route, string what) => route
        .WithQuery(ListCursor.Key, "Where the page begins, from `next`.", "")
        .WithQuery("created_after", $"Only {what} created at this time or later, in ISO 8601.", "2026-01-01T00:00:00Z", ParameterType.Time)
        .WithQuery("created_before", $"Only {what} created before this time, in ISO 8601.", "2100-01-01T00:00:00Z", ParameterType.Time)
        .WithQuery("source", $"`web` selects {what} made on a website; the list is then empty.", "");

    /// <summary>Documents the headers and responses of every route that creates predictions.</summary>
    public static RouteHandlerBuilder ProducesCreation(this RouteHandlerBuilder route) => route
        .WithHeader("Prefer", "`wait=n` waits up to n seconds for the result (1 to 60; `wait` alone: 60).", "wait=5")
        .WithHeader(CancelAfterHeader.Name, CancelAfterHeader.Rule, "5m")
        .Produces<ReplicatePrediction>(StatusCodes.Status201Created)
        .ProducesProblem(StatusCodes.Status400BadRequest)
        .ProducesProblem(StatusCodes.Status413PayloadTooLarge)
        .ProducesProblem(StatusCodes.Status415UnsupportedMediaType)
        .ProducesProblem(StatusCodes.Status422UnprocessableEntity)
        .ProducesProblem(StatusCodes.Status503ServiceUnavailable);

    static Task<IResult> GetAsync(string id, [AsParameters] RecordServices services) =>
        ReplicateRecord.GetAsync(id, PredictionKinds.Predictions, services);

    /// <summary>Ignores the body: clients send an empty one, with or without a Content-Type.</summary>
    static Task<IResult> CancelAsync(string id, [AsParameters] RecordServices services) =>
        ReplicateRecord.CancelAsync(id, PredictionKinds.Predictions, services);

    static Task<IResult> DeleteAsync(string id, [AsParameters] RecordServices services) =>
        ReplicateRecord.DeleteAsync(id, PredictionKinds.Predictions, NotEnded, services);
}
