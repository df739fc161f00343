using LoraHub.Api.Docs;
using LoraHub.Api.Replicate.Files;
using LoraHub.Api.Replicate.Predictions;

namespace LoraHub.Api.Replicate;

/// <summary><c>/v1</c>: what Replicate's cloud answers.</summary>
static class ReplicateEndpoints
{
    public static IServiceCollection AddReplicate(this IServiceCollection services) => services.AddSingleton<StreamAddress>().AddSingleton<FileAddress>();

    public static IEndpointRouteBuilder MapReplicate(this IEndpointRouteBuilder routes)
    {
        var v1 = routes.MapGroup("/v1").WithTags("Replicate");
        v1.MapPredictions();
        v1.MapFiles();
        return routes;
    }

    /// <summary>Documents an error.</summary>
    public static RouteHandlerBuilder ProducesProblem(this RouteHandlerBuilder route, int statusCode) =>
        route.Produces<Problem>(statusCode, "application/problem+json");

    /// <summary>Documents an error that is the route's own.</summary>
    public static RouteHandlerBuilder ProducesProblem(this RouteHandlerBuilder route, Problem example) =>
        route.ProducesProblem(example.Status).WithMetadata(new AnswerDocument(example.Status, example));
}
