using System.ComponentModel.DataAnnotations;

namespace LoraHub.Core;

/// <summary>For how long what predictions leave is kept; their records always are.</summary>
public sealed class RetentionOptions
{
    public const string Section = "Retention";

    const string Shortest = "00:01:00", Longest = "36500.00:00:00";

    /// <summary>How long after its end a prediction's inputs are kept. Default: null, for ever.</summary>
    [Range(typeof(TimeSpan), Shortest, Longest)]
    public TimeSpan? Inputs { get; init; }

    /// <summary>How long after its end a prediction's logs are kept. Default: null, for ever.</summary>
    [Range(typeof(TimeSpan), Shortest, Longest)]
    public TimeSpan? Logs { get; init; }

    /// <summary>How long after its end a prediction's output and its files are kept. Default: null, for ever.</summary>
    [Range(typeof(TimeSpan), Shortest, Longest)]
    public TimeSpan? Results { get; init; }

    /// <summary>How long a file that no prediction names stays after it was last stored; clocks of machines may differ by less than this. Default: 1 hour.</summary>
    [Range(typeof(TimeSpan), Shortest, "365.00:00:00")]
    public TimeSpan Grace { get; init; } = TimeSpan.FromHours(1);
}
