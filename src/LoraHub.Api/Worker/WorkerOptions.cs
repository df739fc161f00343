using System.ComponentModel.DataAnnotations;

namespace LoraHub.Api.Worker;

/// <summary>How this process runs predictions.</summary>
public sealed class WorkerOptions
{
    public const string Section = "Worker";

    /// <summary>
    /// How many predictions run beside each other. They share the processor (<c>Inference:Threads</c>) and the loaded models; one alone is done soonest. Default: 1.
    /// </summary>
    [Range(1, 64)]
    public int Slots { get; init; } = 1;

    /// <summary>
    /// How long a service that stops lets running predictions and open requests come to their end. Then predictions go back to the queue, from which another worker
    /// takes them, or the next start does. Default: 20 seconds.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan DrainTime { get; init; } = TimeSpan.FromSeconds(20);
}
