using LoraHub.Api.Docs;
using LoraHub.Api.Http;

namespace LoraHub.Api.Replicate.Collections;

/// <summary>Maps the collection routes for clients that call them. A single model needs no collections.</summary>
static class CollectionEndpoints
{
    public static void MapCollections(this IEndpointRouteBuilder v1)
    {
        v1.MapGet("/collections", ReplicatePage.Empty<ReplicateCollection>)
            .WithName("collections.list")
            .WithSummary("List collections: always empty")
            .Produces<ReplicatePage<ReplicateCollection>>();
        v1.MapGet("/collections/{slug}", (string slug) => Problems.NotFound())
            .WithName("collections.get")
            .WithSummary("Get a collection: always 404")
            .ProducesProblem(StatusCodes.Status404NotFound);
    }
}

public sealed record ReplicateCollection(string Name, string Slug, string Description);
