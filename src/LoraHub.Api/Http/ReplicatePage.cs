using LoraHub.Core.Json;

namespace LoraHub.Api.Http;

/// <summary>A page of a list, in Replicate's JSON.</summary>
/// <param name="Next">The absolute URL of the next page, or null on the last page.</param>
/// <param name="Previous">Always null: lists only page forward.</param>
public sealed record ReplicatePage<T>(string? Next, string? Previous, IReadOnlyList<T> Results);

/// <summary>Creates lists that fit on one page.</summary>
static class ReplicatePage
{
    public static IResult Of<T>(params T[] results) => TypedResults.Json(new ReplicatePage<T>(null, null, results), WireJson.Options);

    public static IResult Empty<T>() => Of<T>();
}
