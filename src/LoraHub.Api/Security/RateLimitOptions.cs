using System.ComponentModel.DataAnnotations;

namespace LoraHub.Api.Security;

/// <summary>
/// How often a caller may ask under <c>/v1</c>: a token, or without one an address (of IPv6 the first 64 bits). Replicate's own limits are 600 and 3000. The bare
/// paths have none: Cog's clients know no such answer.
/// </summary>
public sealed class RateLimitOptions
{
    public const string Section = "RateLimits";

    /// <summary>Predictions that may be created in a minute. Default: 0, no limit.</summary>
    [Range(0, int.MaxValue)]
    public int CreationsPerMinute { get; init; }

    /// <summary>Other requests in a minute. Default: 0, no limit.</summary>
    [Range(0, int.MaxValue)]
    public int OthersPerMinute { get; init; }
}
