using System.Text.Json.Nodes;
using LoraHub.Api.Docs;
using LoraHub.Api.Http;
using LoraHub.Api.Models;
using LoraHub.Api.Modules;
using LoraHub.Api.Replicate.Predictions;
using LoraHub.Api.Security;
using LoraHub.Core;
using LoraHub.Core.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Replicate.Models;

/// <summary>The services that <see cref="ModelEndpoints"/> uses.</summary>
sealed record ModelServices(
    [FromServices] ModelCatalog Catalog,
    [FromServices] ModelList List,
    [FromServices] Composer Composer,
    [FromServices] IOptions<LimitsOptions> Limits,
    CancellationToken Aborted);

/// <summary>Maps <c>/v1/models</c>: the composer, the base models and the modules.</summary>
static class ModelEndpoints
{
    const string One = "/models/{owner}/{name}", ExampleOwner = "me", ExampleName = "french";

    public static void MapModels(this IEndpointRouteBuilder v1)
    {
        v1.MapGet("/models", ListAsync)
            .WithName("models.list")
            .WithSummary("List models, a hundred a page: the composer, the base models, the modules by name, then models without a version")
            .WithDescription("To search them, use the method `QUERY` with the words as its `text/plain` body.")
            .WithQuery(ListCursor.Key, "Where the page begins, from `next`.", "")
            .WithQuery(ModelOrder.By, ModelOrder.ByRule, "")
            .WithQuery(ModelOrder.Direction, "`asc` or `desc`, the default with `sort_by`.", "")
            .Produces<ReplicatePage<ReplicateModel>>()
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        v1.MapChanges();
        v1.MapVersionDeletion();
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

    static void MapChanges(this IEndpointRouteBuilder v1)
    {
        v1.MapPost("/models", CreateAsync)
            .WithScope(TokenScope.Publish)
            .WithName("models.create")
            .WithSummary("Create a model without a version")
            .WithDescription("Its name then belongs to this token: only it, or an admin's, can publish versions of it (`modules.versions.create`, "
                + "`predictions.publish`). Publishing under a free name needs no model.")
            .WithBody<ModelCreationRequest>(_ => new JsonObject
            {
                ["owner"] = ExampleOwner,
                ["name"] = ExampleName,
                ["visibility"] = "public",
                ["hardware"] = "cpu",
                ["description"] = "Translates English words into French.",
            })
            .Produces<ReplicateModel>(StatusCodes.Status201Created)
            .ProducesBadBodies()
            .ProducesProblem(new Problem(null, ModelChanges.Taken($"{ExampleOwner}/{ExampleName}"), StatusCodes.Status409Conflict));
        v1.MapPatch(One, UpdateAsync)
            .WithScope(TokenScope.Publish)
            .WithName("models.update")
            .WithSummary("Describe a model")
            .WithDescription("The texts stand in place of those of a module's card. Null or an empty text removes what was stored. Without the scope "
                + "`admin`, only a model that was created or published with this token.")
            .WithExampleModel()
            .WithBody<ModelUpdateRequest>(_ => new JsonObject
            {
                ["description"] = "Translates English nouns into French.",
                ["license_url"] = "https://choosealicense.com/licenses/mit/",
            })
            .Produces<ReplicateModel>()
            .ProducesBadBodies()
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(new Problem(null, ModelChanges.OfService, StatusCodes.Status409Conflict));
        v1.MapDelete(One, DeleteAsync)
            .WithScope(TokenScope.Publish)
            .WithName("models.delete")
            .WithSummary("Delete a model with all of its versions")
            .WithDescription("Without the scope `admin`, only a model that was created or published with this token. Refused while a queued or "
                + "running prediction uses it, or a deployment is pinned to one of its versions.")
            .WithExampleModel()
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(new Problem(null, ModelChanges.OfService, StatusCodes.Status409Conflict));
    }

    static void MapVersionDeletion(this IEndpointRouteBuilder v1) => v1.MapDelete($"{One}/versions/{{version}}", DeleteVersionAsync)
        .WithScope(TokenScope.Publish)
        .WithName("models.versions.delete")
        .WithSummary("Delete a version of a model")
        .WithDescription("If it is the current one, the newest other version becomes current. Without the scope `admin`, only of a model that was "
            + "created or published with this token. Refused while a queued or running prediction uses the model, or a deployment is pinned to the "
            + "version, and where several processes share the model, unless it is the only version.")
        .WithExampleModel()
        .WithPathParameter("version", "The version's id, 64 hexadecimal digits.", ModuleExamples.Digest)
        .Produces(StatusCodes.Status202Accepted)
        .ProducesProblem(StatusCodes.Status404NotFound)
        .ProducesProblem(new Problem(null, ModelChanges.OfService, StatusCodes.Status409Conflict));

    static RouteHandlerBuilder WithExampleModel(this RouteHandlerBuilder route) => route
        .WithPathParameter("owner", "The owner in `owner/name`.", ExampleOwner)
        .WithPathParameter("name", "The name in `owner/name`.", ExampleName);

    static async Task<IResult> CreateAsync(HttpContext http, ModelChanges changes, ModelList models)
    {
        var created = ModelCatalog.Empty(await changes.CreateAsync(http));
        return TypedResults.Json(models.Describe(created, Origin.Of(http.Request)), WireJson.Options, statusCode: StatusCodes.Status201Created);
    }

    static async Task<IResult> UpdateAsync(
        string owner, string name, HttpContext http, ModelChanges changes, [AsParameters] ModelServices services) =>
        await changes.UpdateAsync($"{owner}/{name}", http) ? await GetAsync(owner, name, http.Request, services) : Problems.NotFound();

    static Task<IResult> DeleteAsync(string owner, string name, HttpContext http, ModelChanges changes) =>
        changes.DeleteAsync($"{owner}/{name}", http);

    static Task<IResult> DeleteVersionAsync(string owner, string name, string version, HttpContext http, ModelChanges changes) =>
        changes.DeleteVersionAsync($"{owner}/{name}", version, http);

    static async Task<IResult> ListAsync(HttpRequest request, [AsParameters] ModelServices services)
    {
        var (models, next) = await services.List.ReadAsync(
            ListCursor.SkipOf(request), ModelOrder.Of(request), Origin.Of(request), services.Aborted);
        return Page(models, NextUrl(request, next));
    }

    static async Task<IResult> GetAsync(string owner, string name, HttpRequest request, [AsParameters] ModelServices services) =>
        TypedResults.Json(services.List.Describe(await FindAsync(owner, name, version: null, services), Origin.Of(request)), WireJson.Options);

    static async Task<IResult> ListVersionsAsync(string owner, string name, HttpRequest request, [AsParameters] ModelServices services)
    {
        var (model, skip) = (await FindAsync(owner, name, version: null, services), ListCursor.SkipOf(request));
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
        return model is { Version.Length: > 0 } or { IsEmpty: true }
            ? await services.List.WithRecordsAsync(model, services.Aborted)
            : throw new RequestRefusedException(Problems.UnknownModel(
                model is not null ? $"`{model.Name}` cannot be called: {model.Problem}" : services.Catalog.Unknown($"{owner}/{name}", version)));
    }

    static string? NextUrl(HttpRequest request, int? skip) => skip is { } known ? ListCursor.NextUrl(request, known) : null;

    static JsonHttpResult<ReplicatePage<T>> Page<T>(IEnumerable<T> results, string? next) =>
        TypedResults.Json(new ReplicatePage<T>(next, null, [.. results]), WireJson.Options);
}
