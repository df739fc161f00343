using LoraHub.Api.Replicate.Predictions;
using LoraHub.Api.Webhooks;

namespace LoraHub.Api.Replicate;

/// <summary><c>/v1</c>: what Replicate's cloud answers.</summary>
static class ReplicateEndpoints
{
    public static IServiceCollection AddReplicate(this IServiceCollection services) => services.AddSingleton<StreamAddress>();

    public static IEndpointRouteBuilder MapReplicate(this IEndpointRouteBuilder routes)
    {
        var v1 = routes.MapGroup("/v1").WithTags("Replicate");
        v1.MapPredictions();
        v1.MapWebhooks();
        return routes;
    }

    /// <summary>Documents an error.</summary>
    public static RouteHandlerBuilder ProducesProblem(this RouteHandlerBuilder route, int statusCode) =>
        route.Produces<Problem>(statusCode, "application/problem+json");
}
