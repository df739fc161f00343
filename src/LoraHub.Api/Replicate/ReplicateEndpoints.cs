using LoraHub.Api.Predictions;
using LoraHub.Api.Replicate.Account;
using LoraHub.Api.Replicate.Collections;
using LoraHub.Api.Replicate.Deployments;
using LoraHub.Api.Replicate.Models;
using LoraHub.Api.Replicate.Predictions;
using LoraHub.Api.Replicate.Trainings;

namespace LoraHub.Api.Replicate;

/// <summary><c>/v1</c>: what Replicate's cloud answers.</summary>
static class ReplicateEndpoints
{
    public static IServiceCollection AddReplicate(this IServiceCollection services) => services.AddSingleton<StreamAddress>();

    public static IEndpointRouteBuilder MapReplicate(this IEndpointRouteBuilder routes)
    {
        var v1 = routes.MapGroup("/v1").WithTags("Replicate");
        v1.AddEndpointFilter(async (context, next) =>
        {
            await context.HttpContext.RequestServices.GetRequiredService<ServedModel>().VersionKnownAsync();
            return await next(context);
        });
        v1.MapPredictions();
        v1.MapModels();
        v1.MapDeployments();
        v1.MapAccount();
        v1.MapCollections();
        v1.MapTrainings();
        return routes;
    }

    /// <summary>Documents an error.</summary>
    public static RouteHandlerBuilder ProducesProblem(this RouteHandlerBuilder route, int statusCode) =>
        route.Produces<Problem>(statusCode, "application/problem+json");
}
