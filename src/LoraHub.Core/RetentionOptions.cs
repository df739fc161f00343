using System.ComponentModel.DataAnnotations;

namespace LoraHub.Core;

/// <summary>How long the service keeps the data of predictions that have ended. Their records stay.</summary>
public sealed class RetentionOptions
{
    public const string Section = "Retention";

    const string Shortest = "00:01:00", Longest = "36500.00:00:00";

    /// <summary>How long inputs are kept after the prediction's end. Default: no limit.</summary>
    [Range(typeof(TimeSpan), Shortest, Longest)]
    public TimeSpan? Inputs { get; init; }

    /// <summary>How long logs are kept after the prediction's end. Default: no limit.</summary>
    [Range(typeof(TimeSpan), Shortest, Longest)]
    public TimeSpan? Logs { get; init; }

    /// <summary>How long the output and its files are kept after the prediction's end. Default: no limit.</summary>
    [Range(typeof(TimeSpan), Shortest, Longest)]
    public TimeSpan? Results { get; init; }

    /// <summary>
    /// How long a result file that no prediction refers to stays after it was stored. The clocks of the machines must differ by less. Default: 1
    /// hour.
    /// </summary>
    [Range(typeof(TimeSpan), Shortest, "365.00:00:00")]
    public TimeSpan Grace { get; init; } = TimeSpan.FromHours(1);
}
