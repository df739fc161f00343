using System.ComponentModel.DataAnnotations;

namespace LoraHub.Core;

/// <summary>The queue of predictions.</summary>
public sealed class QueueOptions
{
    public const string Section = "Queue";

    internal const string DefaultHardware = "cpu";

    /// <summary>
    /// The name of the queue, a plain word for its hardware. An API node adds predictions to this queue, and a worker takes them from it. Default:
    /// <c>cpu</c>.
    /// </summary>
    [Required, RegularExpression("^[a-z0-9-]{1,32}$", ErrorMessage = "use 1 to 32 lower-case letters, digits and `-`")]
    public string Hardware { get; init; } = DefaultHardware;

    /// <summary>
    /// How long a worker may be silent before another one takes its prediction, where workers are separate processes. Default: 30 seconds.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How many attempts a prediction gets when its worker is lost each time. Then it fails. Default: 5.</summary>
    [Range(1, 1000)]
    public int MaxAttempts { get; init; } = 5;

    /// <summary>The error of a prediction that used up its attempts.</summary>
    /// <param name="lost">How often its worker was lost; one that was stopped and returned it does not count.</param>
    public static string AttemptsExhausted(int lost) =>
        $"The prediction was started {lost} times and its worker was lost each time; it is not retried. "
        + "If workers run out of memory, use fewer modules or shorter examples.";

    /// <summary>
    /// The most compositions that may wait or run, and the most prompts; one more is a 429 under <c>/v1</c>. Default: 1000.
    /// </summary>
    [Range(1, 1_000_000)]
    public int Capacity { get; init; } = 1000;

    /// <summary>
    /// The same limit for the compositions of the bare paths, which answer 409, as Cog does when its slots are busy. Default: 1, as a Cog container
    /// with one slot.
    /// </summary>
    [Range(1, 1_000_000)]
    public int BareCapacity { get; init; } = 1;
}
