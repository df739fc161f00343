using System.Text.Json.Nodes;
using LoraHub.Api.Docs;
using LoraHub.Api.Http;
using LoraHub.Api.Predictions;
using LoraHub.Core.Predictions;

namespace LoraHub.Api.Replicate.Predictions;

/// <summary><c>/v1/predictions</c>, <c>/v1/streams</c> and the other places where predictions are created.</summary>
static class PredictionEndpoints
{
    static readonly Problem NotEnded = new(null, "The prediction has not ended; cancel it first.", StatusCodes.Status409Conflict);

    public static void MapPredictions(this IEndpointRouteBuilder v1)
    {
        v1.MapPost("/predictions", ReplicateCreation.PostAsync)
            .WithSummary("Create a prediction")
            .WithDescription("Answers at once; with `Prefer: wait=n` after up to n seconds, with the end if there is one by then. `version` is the model's name or version id. "
                + "A text input may also be a `data:` URL, or the `urls.get` of a file of `/v1/files`.")
            .WithBody<ReplicatePredictionRequest>(model => new JsonObject { ["version"] = model.Name, ["input"] = InputDocument.Example() })
            .ProducesCreation();
        v1.MapPost("/models/{owner}/{name}/predictions", ReplicateCreation.PostToModelAsync)
            .WithSummary("Create a prediction of the model that the path names")
            .WithBody<ReplicateModelPredictionRequest>(_ => new JsonObject { ["input"] = InputDocument.Example() })
            .ProducesCreation()
            .ProducesProblem(StatusCodes.Status404NotFound);
        v1.MapGet("/predictions", ReplicateListing.ListAsync)
            .WithSummary("List predictions, newest first, a hundred a page")
            .WithQuery(ListCursor.Key, "Where the page begins, from `next`.", "")
            .WithQuery("created_after", "Only predictions created at this time or later, in ISO 8601.", "2026-01-01T00:00:00Z")
            .WithQuery("created_before", "Only predictions created before this time, in ISO 8601.", "2100-01-01T00:00:00Z")
            .WithQuery("source", "`web` for predictions made on a web site, of which there are none.", "")
            .Produces<ReplicatePage<ReplicatePrediction>>()
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        v1.MapGet("/predictions/{id}", GetAsync)
            .WithSummary("Get a prediction")
            .Produces<ReplicatePrediction>()
            .ProducesProblem(StatusCodes.Status404NotFound);
        v1.MapDelete("/predictions/{id}", DeleteAsync)
            .WithSummary("Remove a finished prediction's data")
            .WithDescription("Its input, logs and output are gone at once, and `data_removed` is true; its files go a while later, unless another prediction made the same. "
                + "That there was such a prediction, when and how it ended, stays known.")
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(NotEnded);
        v1.MapPost("/predictions/{id}/cancel", CancelAsync)
            .WithSummary("Cancel a prediction")
            .WithDescription("One that has ended stays as it is.")
            .Produces<ReplicatePrediction>()
            .ProducesProblem(StatusCodes.Status404NotFound);
        v1.MapGet("/streams/{address}", ReplicateStream.StreamAsync)
            .AllowAnonymous()
            .WithSummary("Stream a prediction's output, error and end")
            .WithDescription("The address is in the prediction's `urls.stream`; who knows it needs no token.")
            .WithHeader("Last-Event-ID", "The id of the last event that was read; the stream goes on after it.", "")
            .Produces<string>(StatusCodes.Status200OK, "text/event-stream")
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    /// <summary>Documents what every creation takes by its headers and answers.</summary>
    public static RouteHandlerBuilder ProducesCreation(this RouteHandlerBuilder route) => route
        .WithHeader("Prefer", "`wait=n` answers after up to n seconds (1 to 60; `wait` alone: 60), with the end if there is one by then.", "wait=5")
        .WithHeader(CancelAfterHeader.Name, CancelAfterHeader.Rule, "5m")
        .Produces<ReplicatePrediction>(StatusCodes.Status201Created)
        .ProducesProblem(StatusCodes.Status400BadRequest)
        .ProducesProblem(StatusCodes.Status413PayloadTooLarge)
        .ProducesProblem(StatusCodes.Status415UnsupportedMediaType)
        .ProducesProblem(StatusCodes.Status422UnprocessableEntity)
        .ProducesProblem(StatusCodes.Status503ServiceUnavailable);

    static async Task<IResult> GetAsync(string id, IPredictionStore store, ServedModel model, StreamAddress streams, CancellationToken cancellationToken) =>
        await store.FindAsync(id, cancellationToken) is { } prediction
            ? TypedResults.Json(ReplicatePrediction.From(prediction, model, streams), WireJson.Options)
            : Problems.NotFound();

    /// <summary>The body is not read: clients send an empty one, with and without a type.</summary>
    static async Task<IResult> CancelAsync(
        string id, IPredictionStore store, IPredictionQueue queue, ServedModel model, StreamAddress streams, CancellationToken cancellationToken)
    {
        await queue.CancelAsync(id, cancellationToken);
        return await GetAsync(id, store, model, streams, cancellationToken);
    }

    static async Task<IResult> DeleteAsync(string id, IDataRetention retention, CancellationToken cancellationToken) => await retention.RemoveAsync(id, cancellationToken) switch
    {
        DataRemoval.Removed => TypedResults.NoContent(),
        DataRemoval.UnknownId => Problems.NotFound(),
        DataRemoval.NotEnded => Problems.Because(NotEnded.Status, NotEnded.Title, NotEnded.Detail),
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
