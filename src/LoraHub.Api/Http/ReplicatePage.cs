using System.Text.Json;
using LoraHub.Core.Json;

namespace LoraHub.Api.Http;

/// <summary>A page of a list, in Replicate's JSON.</summary>
/// <param name="Next">The absolute URL of the next page, or null on the last page.</param>
/// <param name="Previous">Always null: lists only page forward.</param>
public sealed record ReplicatePage<T>(string? Next, string? Previous, IReadOnlyList<T> Results);

/// <summary>Creates pages.</summary>
static class ReplicatePage
{
    public static IResult Of<T>(params T[] results) => TypedResults.Json(new ReplicatePage<T>(null, null, results), WireJson.Options);

    public static IResult Empty<T>() => Of<T>();

    /// <returns>The first results, as many as fit into a page of so many bytes; at least one.</returns>
    public static T[] Within<T>(int bytes, IEnumerable<T> results)
    {
        long total = 0;
        return [.. results.TakeWhile((result, index) => (total += Size(result)) <= bytes || index == 0)];

        static int Size(T result) => JsonSerializer.SerializeToUtf8Bytes(result, WireJson.Options).Length;
    }
}
