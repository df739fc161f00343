using LoraHub.Api.Docs;
using LoraHub.Api.Http;
using LoraHub.Api.Models;
using LoraHub.Api.Replicate.Predictions;
using LoraHub.Core;
using LoraHub.Core.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Replicate.Models;

/// <summary>The services that <see cref="ModelEndpoints"/> uses.</summary>
sealed record ModelServices(
    ModelCatalog Catalog, ModelList List, Composer Composer, IOptions<LimitsOptions> Limits, CancellationToken Aborted);

/// <summary>Maps <c>/v1/models</c>: the composer, the base models and the modules.</summary>
static class ModelEndpoints
{
    public static void MapModels(this IEndpointRouteBuilder v1)
    {
        v1.MapGet("/models", ListAsync)
            .WithName("models.list")
            .WithSummary("List models, a hundred a page: the composer, the base models, then the modules by name")
            .WithDescription("To search them, use the method `QUERY` with the words as its `text/plain` body.")
            .WithQuery(ListCursor.Key, "Where the page begins, from `next`.", "")
            .Produces<ReplicatePage<ReplicateModel>>()
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        v1.MapMethods("/models", ["QUERY"], ModelSearch.QueryAsync).ExcludeFromDescription(); // OpenAPI 3.0 cannot describe this method
        v1.MapGet("/search", ModelSearch.SearchAsync)
            .WithName("search")
            .WithSummary("Search models")
            .WithSearchQuery()
            .Produces<ReplicateSearch>()
            .ProducesProblem(StatusCodes.Status400BadRequest);
        v1.MapGet("/models/{owner}/{name}", GetAsync)
            .WithName("models.get")
            .WithSummary("Get a model")
            .Produces<ReplicateModel>()
            .ProducesProblem(StatusCodes.Status404NotFound);
        v1.MapGet("/models/{owner}/{name}/versions", ListVersionsAsync)
            .WithName("models.versions.list")
            .WithSummary("List the model's versions, the current one first")
            .WithQuery(ListCursor.Key, "Where the page begins, from `next`.", "")
            .Produces<ReplicatePage<ReplicateVersion>>()
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        v1.MapGet("/models/{owner}/{name}/versions/{version}", GetVersionAsync)
            .WithName("models.versions.get")
            .WithSummary("Get a version")
            .WithDescription("`openapi_schema` describes the inputs and the output.")
            .Produces<ReplicateVersion>()
            .ProducesProblem(StatusCodes.Status404NotFound);
        v1.MapGet("/models/{owner}/{name}/examples", ListExamplesAsync)
            .WithName("models.examples.list")
            .WithSummary("List the model's examples: for a module, those of its card")
            .Produces<ReplicatePage<ReplicatePrediction>>()
            .ProducesProblem(StatusCodes.Status404NotFound);
        v1.MapGet("/models/{owner}/{name}/readme", GetReadmeAsync)
            .WithName("models.readme.get")
            .WithSummary("Get the model's readme: for a module, its card")
            .Produces<string>(StatusCodes.Status200OK, "text/plain")
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    static async Task<IResult> ListAsync(HttpRequest request, [AsParameters] ModelServices services)
    {
        var (models, next) = await services.List.ReadAsync(SkipOf(request), Origin.Of(request), services.Aborted);
        return Page(models, NextUrl(request, next));
    }

    static async Task<IResult> GetAsync(string owner, string name, HttpRequest request, [AsParameters] ModelServices services) =>
        TypedResults.Json(services.List.Describe(await FindAsync(owner, name, version: null, services), Origin.Of(request)), WireJson.Options);

    static async Task<IResult> ListVersionsAsync(string owner, string name, HttpRequest request, [AsParameters] ModelServices services)
    {
        var (model, skip) = (await FindAsync(owner, name, version: null, services), SkipOf(request));
        var versions = (await services.List.VersionsAsync(model, services.Aborted)).Skip(skip).Select(ReplicateVersion.From).ToArray();
        var page = ReplicatePage.Within(services.Limits.Value.PageBytes, versions);
        return Page(page, NextUrl(request, page.Length < versions.Length ? skip + page.Length : null));
    }

    static async Task<IResult> GetVersionAsync(string owner, string name, string version, [AsParameters] ModelServices services) =>
        TypedResults.Json(ReplicateVersion.From(await FindAsync(owner, name, version, services)), WireJson.Options);

    static async Task<IResult> ListExamplesAsync(string owner, string name, HttpRequest request, [AsParameters] ModelServices services)
    {
        var model = await FindAsync(owner, name, version: null, services);
        return Page(CardExamples.Of(model, services.Composer, Origin.Of(request)), next: null);
    }

    static async Task<IResult> GetReadmeAsync(string owner, string name, [AsParameters] ModelServices services) =>
        TypedResults.Text(ModelText.ReadmeOf(await FindAsync(owner, name, version: null, services)), "text/plain");

    /// <exception cref="RequestRefusedException">There is no such model or version, or its files cannot be read.</exception>
    static async Task<CallableModel> FindAsync(string owner, string name, string? version, ModelServices services)
    {
        var model = await services.Catalog.FindAsync($"{owner}/{name}", version, services.Aborted);
        return model is { Version.Length: > 0 }
            ? await services.List.WithIndexAsync(model, services.Aborted)
            : throw new RequestRefusedException(Problems.UnknownModel(
                model is not null ? $"`{model.Name}` cannot be called: {model.Problem}" : services.Catalog.Unknown($"{owner}/{name}", version)));
    }

    /// <exception cref="RequestRefusedException">The cursor is not one of this list.</exception>
    static int SkipOf(HttpRequest request)
    {
        var cursor = request.Query[ListCursor.Key].ToString();
        return cursor.Length == 0 ? 0
            : ListCursor.ReadSkip(cursor)
                ?? throw new RequestRefusedException(Problems.Fields([new InvalidField("invalid_value", ListCursor.Key, ListCursor.Rule)]));
    }

    static string? NextUrl(HttpRequest request, int? skip) => skip is { } known ? ListCursor.NextUrl(request, known) : null;

    static JsonHttpResult<ReplicatePage<T>> Page<T>(IEnumerable<T> results, string? next) =>
        TypedResults.Json(new ReplicatePage<T>(next, null, [.. results]), WireJson.Options);
}
