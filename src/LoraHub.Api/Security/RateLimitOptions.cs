using System.ComponentModel.DataAnnotations;

namespace LoraHub.Api.Security;

/// <summary>
/// Limits of requests under <c>/v1</c> and of those of the pages, for each token, or for each address where there is no token (of IPv6 the first 64
/// bits). Replicate's own limits are 600 and 3000. The bare paths have no limit, because Cog's clients do not expect one.
/// </summary>
public sealed class RateLimitOptions
{
    public const string Section = "RateLimits";

    /// <summary>The most predictions that a caller may create in a minute. Default: 0, no limit.</summary>
    [Range(0, int.MaxValue)]
    public int CreationsPerMinute { get; init; }

    /// <summary>The most other requests that a caller may send in a minute. Default: 0, no limit.</summary>
    [Range(0, int.MaxValue)]
    public int OthersPerMinute { get; init; }

    /// <summary>
    /// The most times in a minute that an address may send a token to the pages' sign-in; 0 for no limit. Behind a proxy that adds no
    /// <c>X-Forwarded-For</c>, all visitors have one address. Default: 30.
    /// </summary>
    [Range(0, int.MaxValue)]
    public int SignInsPerMinute { get; init; } = 30;
}
