namespace LoraHub.Api.Replicate.Collections;

/// <summary>Collections of models. One model needs none, but clients ask.</summary>
static class CollectionEndpoints
{
    public static void MapCollections(this IEndpointRouteBuilder v1)
    {
        v1.MapGet("/collections", ReplicatePage.Empty<ReplicateCollection>)
            .WithSummary("List collections: there are none")
            .Produces<ReplicatePage<ReplicateCollection>>();
        v1.MapGet("/collections/{slug}", (string slug) => Problems.NotFound())
            .WithSummary("Get a collection: there are none")
            .ProducesProblem(StatusCodes.Status404NotFound);
    }
}

public sealed record ReplicateCollection(string Name, string Slug, string Description);
