using System.Text.Json.Nodes;
using LoraHub.Api.Docs;
using LoraHub.Api.Http;
using LoraHub.Api.Models;
using LoraHub.Api.Replicate.Account;
using LoraHub.Api.Replicate.Predictions;
using LoraHub.Core.Json;
using LoraHub.Inference;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Replicate.Deployments;

/// <summary>Maps <c>/v1/deployments</c>.</summary>
static class DeploymentEndpoints
{
    public static void MapDeployments(this IEndpointRouteBuilder v1)
    {
        v1.MapGet("/deployments", List)
            .WithName("deployments.list")
            .WithSummary("List deployments: always one")
            .Produces<ReplicatePage<ReplicateDeployment>>();
        v1.MapGet("/deployments/{owner}/{name}", Get)
            .WithName("deployments.get")
            .WithSummary("Get the deployment")
            .Produces<ReplicateDeployment>()
            .ProducesProblem(StatusCodes.Status404NotFound);
        v1.MapPost("/deployments/{owner}/{name}/predictions", ReplicateCreation.PostToDeploymentAsync)
            .WithName("deployments.predictions.create")
            .WithSummary("Create a prediction with the deployment in the path")
            .WithBody<ReplicateModelPredictionRequest>(_ => new JsonObject { ["input"] = InputDocument.Example() })
            .ProducesCreation()
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    static IResult List(Composer model, IOptions<InferenceOptions> options) =>
        ReplicatePage.Of(ReplicateDeployment.From(model, ReplicateHardware.From(options.Value)));

    static IResult Get(string owner, string name, Composer model, IOptions<InferenceOptions> options) => model.Deployment == $"{owner}/{name}"
        ? TypedResults.Json(ReplicateDeployment.From(model, ReplicateHardware.From(options.Value)), WireJson.Options)
        : Problems.NotFound();
}
