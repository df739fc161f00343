using LoraHub.Api.Docs;
using LoraHub.Api.Http;
using LoraHub.Api.Models;
using LoraHub.Api.Replicate.Account;
using LoraHub.Api.Replicate.Collections;
using LoraHub.Api.Replicate.Deployments;
using LoraHub.Api.Replicate.Files;
using LoraHub.Api.Replicate.Models;
using LoraHub.Api.Replicate.Predictions;
using LoraHub.Api.Replicate.Trainings;
using Microsoft.AspNetCore.Authorization;

namespace LoraHub.Api.Replicate;

/// <summary>Maps <c>/v1</c>, which follows Replicate's HTTP API.</summary>
static class ReplicateEndpoints
{
    public static IServiceCollection AddReplicate(this IServiceCollection services) => services
        .AddSingleton<RunAddresses>()
        .AddSingleton<FileAddress>()
        .AddSingleton<ModelList>()
        .AddSingleton<ModelChanges>()
        .AddSingleton<DeploymentCatalog>()
        .AddSingleton<DeploymentChanges>()
        .AddSingleton<IErrorFormat, ReplicateErrorFormat>()
        .AddSingleton<IAnswerExamples, ReplicateExamples>();

    /// <returns>The group <c>/v1</c>, to which the caller can add routes.</returns>
    public static RouteGroupBuilder MapReplicate(this IEndpointRouteBuilder routes)
    {
        var v1 = routes.MapGroup(V1.Path).WithTags("Replicate");
        v1.ProducesRefusals();
        v1.AnswerRefusals();
        v1.AddEndpointFilter(async (context, next) =>
        {
            // The handlers read the version synchronously.
            await context.HttpContext.RequestServices.GetRequiredService<Composer>().LoadVersionAsync();
            return await next(context);
        });
        v1.MapPredictions();
        v1.MapModels();
        v1.MapFiles();
        v1.MapDeployments();
        v1.MapAccount();
        v1.MapCollections();
        v1.MapTrainings();
        return v1;
    }

    /// <summary>Documents the errors of every route of the group: no token (unless anonymous), cross-site changes, and too many requests.</summary>
    static void ProducesRefusals(this RouteGroupBuilder group) => ((IEndpointConventionBuilder)group).Finally(route =>
    {
        if (!route.Metadata.OfType<IAllowAnonymous>().Any())
        {
            route.Metadata.Add(ProblemMetadata(StatusCodes.Status401Unauthorized));
        }

        var methods = route.Metadata.OfType<IHttpMethodMetadata>().SelectMany(metadata => metadata.HttpMethods);
        if (methods.Any(method => !HttpMethods.IsGet(method) && !HttpMethods.IsHead(method)))
        {
            route.Metadata.Add(ProblemMetadata(StatusCodes.Status403Forbidden));
        }

        route.Metadata.Add(ProblemMetadata(StatusCodes.Status429TooManyRequests));
    });

    static ProducesResponseTypeMetadata ProblemMetadata(int statusCode) => new(statusCode, typeof(Problem), ["application/problem+json"]);
}
