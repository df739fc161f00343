using System.ComponentModel.DataAnnotations;

namespace LoraHub.Api.Worker;

/// <summary>How this process runs predictions.</summary>
public sealed class WorkerOptions
{
    public const string Section = "Worker";

    /// <summary>
    /// How many predictions run at the same time in this process. They share the processor (<c>Inference:Threads</c>) and the loaded models, so
    /// each takes longer. Default: 1.
    /// </summary>
    [Range(1, 64)]
    public int Slots { get; init; } = 1;

    /// <summary>
    /// How long a stopping service lets running predictions and open requests finish. After that, predictions go back to the queue, and another
    /// worker or the next start runs them. Default: 20 seconds.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan DrainTime { get; init; } = TimeSpan.FromSeconds(20);
}
