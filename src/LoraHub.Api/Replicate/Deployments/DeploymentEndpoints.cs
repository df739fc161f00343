using System.Text.Json.Nodes;
using LoraHub.Api.Docs;
using LoraHub.Api.Http;
using LoraHub.Api.Models;
using LoraHub.Api.Replicate.Account;
using LoraHub.Api.Replicate.Predictions;
using LoraHub.Api.Security;
using LoraHub.Core.Deployments;
using LoraHub.Core.Json;

namespace LoraHub.Api.Replicate.Deployments;

/// <summary>Maps <c>/v1/deployments</c>.</summary>
static class DeploymentEndpoints
{
    const string One = "/deployments/{owner}/{name}", Example = "my-app";

    const int PageSize = 100;

    public static void MapDeployments(this IEndpointRouteBuilder v1)
    {
        v1.MapGet("/deployments", ListAsync)
            .WithName("deployments.list")
            .WithSummary("List deployments: the service's own, then the others, newest first")
            .WithQuery(ListCursor.Key, "Where the page begins, from `next`.", "")
            .Produces<ReplicatePage<ReplicateDeployment>>()
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        v1.MapGet(One, GetAsync)
            .WithName("deployments.get")
            .WithSummary("Get a deployment")
            .Produces<ReplicateDeployment>()
            .ProducesProblem(StatusCodes.Status404NotFound);
        v1.MapChanges();
        v1.MapPost($"{One}/predictions", PredictAsync)
            .WithName("deployments.predictions.create")
            .WithSummary("Create a prediction with the deployment in the path")
            .WithDescription("It runs the version that the deployment serves now, also if the deployment is updated later.")
            .WithBody<ReplicateModelPredictionRequest>(_ => new JsonObject { ["input"] = InputDocument.Example() })
            .ProducesCreation()
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    static void MapChanges(this IEndpointRouteBuilder v1)
    {
        v1.MapPost("/deployments", CreateAsync)
            .WithScope(TokenScope.Publish)
            .WithName("deployments.create")
            .WithSummary("Create a deployment: a name that is pinned to a version of a model")
            .WithDescription("With `min_instances` of at least 1, workers keep the version loaded.")
            .WithBody<DeploymentCreationRequest>(model => new JsonObject
            {
                ["name"] = Example,
                ["model"] = model.Name,
                ["version"] = model.Version,
                ["hardware"] = "cpu",
                ["min_instances"] = 0,
                ["max_instances"] = 1,
            })
            .Produces<ReplicateDeployment>(StatusCodes.Status201Created)
            .ProducesBadBodies()
            .ProducesProblem(new Problem(null, DeploymentChanges.Taken($"lorahub/{Example}"), StatusCodes.Status409Conflict));
        v1.MapPatch(One, UpdateAsync)
            .WithScope(TokenScope.Publish)
            .WithName("deployments.update")
            .WithSummary("Update a deployment: to another version, hardware or number of instances")
            .WithDescription("Makes a new release. Predictions that wait or run keep their version. Without the scope `admin`, only a deployment "
                + "that was created with this token.")
            .WithPathParameter("name", "The name in `owner/name`.", Example)
            .WithBody<DeploymentUpdateRequest>(_ => new JsonObject { ["min_instances"] = 1, ["max_instances"] = 3 })
            .Produces<ReplicateDeployment>()
            .ProducesBadBodies()
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(new Problem(null, DeploymentChanges.InSettings, StatusCodes.Status409Conflict));
        v1.MapDelete(One, DeleteAsync)
            .WithScope(TokenScope.Publish)
            .WithName("deployments.delete")
            .WithSummary("Delete a deployment")
            .WithDescription("Predictions that it has created run on. Without the scope `admin`, only a deployment that was created with this token.")
            .WithPathParameter("name", "The name in `owner/name`.", Example)
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(new Problem(null, DeploymentChanges.InSettings, StatusCodes.Status409Conflict));
    }

    static async Task<IResult> ListAsync(
        HttpRequest request, DeploymentCatalog catalog, IDeploymentStore store, Composer composer, CancellationToken cancellationToken)
    {
        var skip = ListCursor.SkipOf(request);
        var found = await store.ListAsync(model: null, skip, PageSize + 1, cancellationToken); // one extra shows whether there is a next page
        var page = found.Take(PageSize);
        var account = ReplicateAccount.From(composer);
        return TypedResults.Json(
            new ReplicatePage<ReplicateDeployment>(
                found.Count > PageSize ? ListCursor.NextUrl(request, skip + PageSize) : null,
                null,
                [.. (skip == 0 ? page.Prepend(catalog.BuiltIn) : page).Select(deployment => ReplicateDeployment.From(deployment, account))]),
            WireJson.Options);
    }

    static async Task<IResult> GetAsync(
        string owner, string name, DeploymentCatalog catalog, Composer composer, CancellationToken cancellationToken) =>
        Answer(await catalog.FindAsync($"{owner}/{name}", cancellationToken), composer);

    static async Task<IResult> CreateAsync(HttpContext http, DeploymentChanges changes, Composer composer) =>
        Answer(await changes.CreateAsync(http), composer, StatusCodes.Status201Created);

    static async Task<IResult> UpdateAsync(string owner, string name, HttpContext http, DeploymentChanges changes, Composer composer) =>
        Answer(await changes.UpdateAsync($"{owner}/{name}", http), composer);

    static async Task<IResult> DeleteAsync(string owner, string name, HttpContext http, DeploymentChanges changes) =>
        await changes.DeleteAsync($"{owner}/{name}", http) ? TypedResults.NoContent() : Problems.NotFound();

    static IResult Answer(Deployment? deployment, Composer composer, int statusCode = StatusCodes.Status200OK) => deployment is null
        ? Problems.NotFound()
        : TypedResults.Json(ReplicateDeployment.From(deployment, ReplicateAccount.From(composer)), WireJson.Options, statusCode: statusCode);

    static async Task<IResult> PredictAsync(
        string owner, string name, HttpContext http, DeploymentCatalog catalog, [AsParameters] ReplicateServices services) =>
        await catalog.FindAsync($"{owner}/{name}", http.RequestAborted) is { } deployment
            ? await ReplicateCreation.CreateAsync(http, services, await catalog.ResolveAsync(deployment, http.RequestAborted), deployment.Id)
            : Problems.NotFound();
}
