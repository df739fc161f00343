using LoraHub.Core.Predictions;
using Microsoft.Net.Http.Headers;

namespace LoraHub.Api.Results;

/// <summary>The files that predictions made. Who knows a file's digest may read it: clients download without a token.</summary>
static class ResultEndpoints
{
    static readonly string[] Names = ["adapter.zip", "checkpoint.zip"];

    public static IEndpointRouteBuilder MapResults(this IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/results/{digest}/{name}", [HttpMethods.Get, HttpMethods.Head], DownloadAsync)
            .WithTags("Results")
            .AllowAnonymous()
            .WithSummary("Download a file that a prediction made")
            .WithDescription("Its URL is in the prediction's `output`. Ranges are served, and the file never changes.")
            .Produces<byte[]>(StatusCodes.Status200OK, "application/zip")
            .Produces(StatusCodes.Status404NotFound);
        return routes;
    }

    static async Task<IResult> DownloadAsync(string digest, string name, HttpResponse response, IBlobStore blobs, CancellationToken cancellationToken)
    {
        if (!Names.Contains(name) || await blobs.OpenReadAsync(digest, cancellationToken) is not { } content)
        {
            return TypedResults.NotFound();
        }

        response.Headers.CacheControl = "public, max-age=31536000, immutable";
        return TypedResults.Stream(
            content, "application/zip", fileDownloadName: name, entityTag: new EntityTagHeaderValue($"\"{digest}\""), enableRangeProcessing: true);
    }
}
