using LoraHub.Api.Docs;
using LoraHub.Api.Http;
using LoraHub.Core.Predictions;
using Microsoft.Net.Http.Headers;

namespace LoraHub.Api.Results;

/// <summary>Serves the files of predictions. Clients download them without a token, so the digest in the URL grants access.</summary>
static class ResultEndpoints
{
    static readonly string[] Names = ["adapter.zip", "checkpoint.zip"];

    const string Trace = "trace.json";

    const string Zip = "application/zip", Json = "application/json";

    public static IServiceCollection AddResults(this IServiceCollection services) => services.AddSingleton<IAnswerExamples, ResultExamples>();

    public static IEndpointRouteBuilder MapResults(this IEndpointRouteBuilder routes)
    {
        var results = routes.MapGroup("/results/{digest}").WithTags("Results").AllowAnonymous();
        results.MapMethods("/{name}", RouteMethods.Read, DownloadAsync)
            .WithPathParameter("name", "`adapter.zip` or `checkpoint.zip`.", "adapter.zip")
            .WithName("results.get")
            .WithSummary("Download a file of a prediction")
            .WithDescription("Its URL is in the prediction's `output`. Supports range requests; the file never changes.")
            .Produces<byte[]>(StatusCodes.Status200OK, Zip)
            .ProducesProblem(StatusCodes.Status404NotFound);
        results.MapMethods($"/{Trace}", RouteMethods.Read, DownloadTraceAsync)
            .WithName("results.trace.get")
            .WithSummary("Download the trace of a prediction's search")
            .WithDescription("Every evaluation with its weights, loss and time. Its URL is in the prediction's `output`. "
                + "Supports range requests; the file never changes.")
            .Produces<SearchTrace>(StatusCodes.Status200OK, Json)
            .ProducesProblem(StatusCodes.Status404NotFound);
        return routes;
    }

    static async Task<IResult> DownloadAsync(
        string digest, string name, HttpResponse response, IBlobStore blobs, CancellationToken cancellationToken) =>
        Names.Contains(name) ? await FileAsync(digest, name, Zip, response, blobs, cancellationToken) : TypedResults.NotFound();

    static Task<IResult> DownloadTraceAsync(string digest, HttpResponse response, IBlobStore blobs, CancellationToken cancellationToken) =>
        FileAsync(digest, Trace, Json, response, blobs, cancellationToken);

    static async Task<IResult> FileAsync(
        string digest, string name, string type, HttpResponse response, IBlobStore blobs, CancellationToken cancellationToken)
    {
        if (await blobs.OpenReadAsync(digest, cancellationToken) is not { } content)
        {
            return TypedResults.NotFound();
        }

        response.Headers.CacheControl = "public, max-age=31536000, immutable";
        return TypedResults.Stream(
            content, type, fileDownloadName: name, entityTag: new EntityTagHeaderValue($"\"{digest}\""), enableRangeProcessing: true);
    }
}
