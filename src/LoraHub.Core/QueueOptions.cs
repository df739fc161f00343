using System.ComponentModel.DataAnnotations;

namespace LoraHub.Core;

/// <summary>How predictions wait for a worker.</summary>
public sealed class QueueOptions
{
    public const string Section = "Queue";

    internal const string DefaultHardware = "cpu";

    /// <summary>The queue by its hardware, a plain word: where this process puts new predictions, and where its worker takes them from. Default: <c>cpu</c>.</summary>
    [Required, RegularExpression("^[a-z0-9-]{1,32}$")]
    public string Hardware { get; init; } = DefaultHardware;

    /// <summary>How long a worker may stay silent before its prediction goes to another, where workers are processes of their own. Default: 30 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often a prediction is begun before it fails, since its worker is lost each time. Default: 5.</summary>
    [Range(1, 1000)]
    public int MaxAttempts { get; init; } = 5;

    /// <summary>The error of a prediction that was begun too often.</summary>
    public static string GivenUp(int attempts) =>
        $"The prediction was begun {attempts} times and its worker was lost or stopped each time; it is not tried again. If workers run out of memory, ask for fewer modules or shorter examples.";

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
