using System.Globalization;
using System.Threading.RateLimiting;
using LoraHub.Api.Http;
using Microsoft.AspNetCore.RateLimiting;

namespace LoraHub.Api.Security;

/// <summary>
/// Counts requests by caller and minute. A request spends its permit on arrival and holds none while it is answered, so an open stream costs one.
/// </summary>
static class RateLimits
{
    static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    public static void Configure(RateLimiterOptions limiter, RateLimitOptions limits)
    {
        limiter.GlobalLimiter = PartitionedRateLimiter.CreateChained(
            PartitionedRateLimiter.Create<HttpContext, Partition>(http => Of(http, limits)),
            PartitionedRateLimiter.Create<HttpContext, string>(http => OfSignIn(http, limits)));
        limiter.OnRejected = (rejected, _) => new ValueTask(RefuseAsync(rejected));
    }

    static RateLimitPartition<Partition> Of(HttpContext http, RateLimitOptions limits)
    {
        var path = http.Request.Path.ToString().TrimEnd('/'); // routing ignores a trailing slash
        var isCreation = HttpMethods.IsPost(http.Request.Method)
            && (path.EndsWith("/predictions", StringComparison.OrdinalIgnoreCase) || path.EndsWith("/prompt", StringComparison.OrdinalIgnoreCase));
        var limit = isCreation ? limits.CreationsPerMinute : limits.OthersPerMinute;
        var partition = new Partition(isCreation, http.User.Identity?.Name, RequestOrigin.Network(http));
        return limit == 0 || !(V1.Covers(http.Request.Path) || PageRoute.Covers(http))
            ? RateLimitPartition.GetNoLimiter(new Partition(isCreation, null, ""))
            : RateLimitPartition.GetFixedWindowLimiter(partition.Token is null ? partition : partition with { Network = "" }, _ => ForMinute(limit));
    }

    /// <summary>Sending a token to the pages is the one thing that everybody may do as often as they like, so it has a limit by default.</summary>
    static RateLimitPartition<string> OfSignIn(HttpContext http, RateLimitOptions limits) =>
        limits.SignInsPerMinute > 0 && http.GetEndpoint()?.Metadata.GetMetadata<TakesTokens>() is not null
            ? RateLimitPartition.GetFixedWindowLimiter(RequestOrigin.Network(http), _ => ForMinute(limits.SignInsPerMinute))
            : RateLimitPartition.GetNoLimiter("no limit");

    static FixedWindowRateLimiterOptions ForMinute(int limit) => new() { PermitLimit = limit, Window = Window, QueueLimit = 0 };

    static Task RefuseAsync(OnRejectedContext rejected)
    {
        var wait = rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var given) ? given : Window;
        var seconds = Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        var headers = rejected.HttpContext.Response.Headers;
        headers.RetryAfter = seconds;
        headers["ratelimit-remaining"] = "0";
        headers["ratelimit-reset"] = seconds;
        return rejected.HttpContext
            .Error(StatusCodes.Status429TooManyRequests, null, $"Request was throttled. Your rate limit resets in ~{seconds}s.")
            .ExecuteAsync(rejected.HttpContext);
    }

    /// <summary>The caller, and the limit that applies.</summary>
    readonly record struct Partition(bool IsCreation, string? Token, string Network);
}
