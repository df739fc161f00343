using System.ComponentModel.DataAnnotations;

namespace LoraHub.Core;

/// <summary>How predictions wait for a worker.</summary>
public sealed class QueueOptions
{
    public const string Section = "Queue";

    /// <summary>The most predictions that may wait or run; more are refused with 429 until one has ended. Default: 1000.</summary>
    [Range(1, 1_000_000)]
    public int Capacity { get; init; } = 1000;

    /// <summary>
    /// The most predictions that may wait or run when one comes by the bare paths; they answer 409, as Cog does when its slots are taken. Default: 1, the one
    /// slot that Cog has; with more, they wait here.
    /// </summary>
    [Range(1, 1_000_000)]
    public int BareCapacity { get; init; } = 1;
}
