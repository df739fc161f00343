using LoraHub.Api.Docs;
using LoraHub.Api.Modules;
using LoraHub.Api.Predictions;
using LoraHub.Api.Replicate.Account;
using LoraHub.Api.Replicate.Collections;
using LoraHub.Api.Replicate.Deployments;
using LoraHub.Api.Replicate.Files;
using LoraHub.Api.Replicate.Models;
using LoraHub.Api.Replicate.Predictions;
using LoraHub.Api.Replicate.Trainings;
using LoraHub.Api.Webhooks;
using Microsoft.AspNetCore.Authorization;

namespace LoraHub.Api.Replicate;

/// <summary><c>/v1</c>: what Replicate's cloud answers.</summary>
static class ReplicateEndpoints
{
    public static IServiceCollection AddReplicate(this IServiceCollection services) => services.AddSingleton<StreamAddress>().AddSingleton<FileAddress>();

    public static IEndpointRouteBuilder MapReplicate(this IEndpointRouteBuilder routes)
    {
        var v1 = routes.MapGroup("/v1").WithTags("Replicate");
        v1.ProducesRefusals();
        v1.AddEndpointFilter(async (context, next) =>
        {
            // Here, where waiting takes no thread: what is below only reads it.
            await context.HttpContext.RequestServices.GetRequiredService<ServedModel>().VersionKnownAsync();
            return await next(context);
        });
        v1.MapPredictions();
        v1.MapModels();
        v1.MapFiles();
        v1.MapModules();
        v1.MapDeployments();
        v1.MapAccount();
        v1.MapCollections();
        v1.MapTrainings();
        v1.MapWebhooks();
        return routes;
    }

    /// <summary>Documents, on every route of the group, that it wants a token (unless it is open), that there are limits, and that pages of other sites only read.</summary>
    static void ProducesRefusals(this RouteGroupBuilder group) => ((IEndpointConventionBuilder)group).Finally(route =>
    {
        if (!route.Metadata.OfType<IAllowAnonymous>().Any())
        {
            route.Metadata.Add(ProblemMetadata(StatusCodes.Status401Unauthorized));
        }

        if (route.Metadata.OfType<IHttpMethodMetadata>().Any(methods => methods.HttpMethods.Any(method => !HttpMethods.IsGet(method) && !HttpMethods.IsHead(method))))
        {
            route.Metadata.Add(ProblemMetadata(StatusCodes.Status403Forbidden));
        }

        route.Metadata.Add(ProblemMetadata(StatusCodes.Status429TooManyRequests));
    });

    static ProducesResponseTypeMetadata ProblemMetadata(int statusCode) => new(statusCode, typeof(Problem), ["application/problem+json"]);

    /// <summary>Documents an error.</summary>
    public static RouteHandlerBuilder ProducesProblem(this RouteHandlerBuilder route, int statusCode) =>
        route.Produces<Problem>(statusCode, "application/problem+json");

    /// <summary>Documents an error that is the route's own.</summary>
    public static RouteHandlerBuilder ProducesProblem(this RouteHandlerBuilder route, Problem example) =>
        route.ProducesProblem(example.Status).WithMetadata(new AnswerDocument(example.Status, example));
}
