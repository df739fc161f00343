using LoraHub.Api.Docs;
using LoraHub.Api.Http;
using LoraHub.Api.Models;
using LoraHub.Api.Predictions;
using LoraHub.Api.Replicate.Predictions;
using LoraHub.Core.Json;

namespace LoraHub.Api.Replicate.Models;

/// <summary>Maps <c>/v1/models</c>, which lists a single model with a single version.</summary>
static class ModelEndpoints
{
    public static void MapModels(this IEndpointRouteBuilder v1)
    {
        v1.MapGet("/models", List)
            .WithName("models.list")
            .WithSummary("List models: always one")
            .WithDescription("To search them, use the method `QUERY` with the words as its `text/plain` body.")
            .Produces<ReplicatePage<ReplicateModel>>();
        v1.MapMethods("/models", ["QUERY"], ModelSearch.QueryAsync).ExcludeFromDescription(); // OpenAPI 3.0 cannot describe this method
        v1.MapGet("/search", ModelSearch.Search)
            .WithName("search")
            .WithSummary("Search models")
            .WithSearchQuery()
            .Produces<ReplicateSearch>()
            .ProducesProblem(StatusCodes.Status400BadRequest);
        v1.MapGet("/models/{owner}/{name}", Get)
            .WithName("models.get")
            .WithSummary("Get the model")
            .Produces<ReplicateModel>()
            .ProducesProblem(StatusCodes.Status404NotFound);
        v1.MapGet("/models/{owner}/{name}/versions", ListVersions)
            .WithName("models.versions.list")
            .WithSummary("List the model's versions: always one")
            .Produces<ReplicatePage<ReplicateVersion>>()
            .ProducesProblem(StatusCodes.Status404NotFound);
        v1.MapGet("/models/{owner}/{name}/versions/{version}", GetVersion)
            .WithName("models.versions.get")
            .WithSummary("Get a version")
            .WithDescription("`openapi_schema` describes the inputs and the output.")
            .Produces<ReplicateVersion>()
            .ProducesProblem(StatusCodes.Status404NotFound);
        v1.MapGet("/models/{owner}/{name}/examples", ListExamples)
            .WithName("models.examples.list")
            .WithSummary("List the model's example predictions: always empty")
            .Produces<ReplicatePage<ReplicatePrediction>>()
            .ProducesProblem(StatusCodes.Status404NotFound);
        v1.MapGet("/models/{owner}/{name}/readme", GetReadme)
            .WithName("models.readme.get")
            .WithSummary("Get the model's readme")
            .Produces<string>(StatusCodes.Status200OK, "text/plain")
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    static IResult List(HttpRequest request, Composer model, PredictionIntake intake) =>
        ReplicatePage.Of(ReplicateModel.From(model, Origin.Of(request), intake.Count(null)));

    static IResult Get(string owner, string name, HttpRequest request, Composer model, PredictionIntake intake) => If(
        model.Name == $"{owner}/{name}",
        () => TypedResults.Json(ReplicateModel.From(model, Origin.Of(request), intake.Count(null)), WireJson.Options));

    static IResult ListVersions(string owner, string name, Composer model) =>
        If(model.Name == $"{owner}/{name}", () => ReplicatePage.Of(ReplicateVersion.From(model)));

    static IResult GetVersion(string owner, string name, string version, Composer model) => If(
        model.Name == $"{owner}/{name}" && model.Version == version,
        () => TypedResults.Json(ReplicateVersion.From(model), WireJson.Options));

    static IResult ListExamples(string owner, string name, Composer model) =>
        If(model.Name == $"{owner}/{name}", ReplicatePage.Empty<ReplicatePrediction>);

    static IResult GetReadme(string owner, string name, Composer model) =>
        If(model.Name == $"{owner}/{name}", () => TypedResults.Text(ModelReadme.Of(model), "text/plain"));

    static IResult If(bool isKnown, Func<IResult> answer) => isKnown ? answer() : Problems.NotFound();
}
