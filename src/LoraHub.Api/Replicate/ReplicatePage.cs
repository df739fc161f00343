using LoraHub.Api.Http;

namespace LoraHub.Api.Replicate;

/// <summary>A page of a list.</summary>
/// <param name="Next">Absolute URL of the next page, or null at the end.</param>
/// <param name="Previous">Always null: lists are read forwards.</param>
public sealed record ReplicatePage<T>(string? Next, string? Previous, IReadOnlyList<T> Results);

/// <summary>Lists that fit on one page.</summary>
static class ReplicatePage
{
    public static IResult Of<T>(params T[] results) => TypedResults.Json(new ReplicatePage<T>(null, null, results), WireJson.Options);

    public static IResult Empty<T>() => Of<T>();
}
