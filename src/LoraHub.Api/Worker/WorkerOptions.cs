using System.ComponentModel.DataAnnotations;

namespace LoraHub.Api.Worker;

/// <summary>How this process runs predictions.</summary>
public sealed class WorkerOptions : IValidatableObject
{
    public const string Section = "Worker";

    /// <summary>
    /// How many compositions and trainings run at the same time in this process; 0 for none. They share the processor (<c>Inference:Threads</c>)
    /// and the loaded models with each other and with prompts, so each takes longer. Default: 1.
    /// </summary>
    [Range(0, 64)]
    public int Slots { get; init; } = 1;

    /// <summary>
    /// How many prompts are answered at the same time in this process; 0 for none. Prompts for one base model share a running batch, each with its
    /// own module. 1 answers them one after the other. Default: 16.
    /// </summary>
    [Range(0, 256)]
    public int Rows { get; init; } = 16;

    /// <summary>
    /// How long a stopping service lets running predictions and open requests finish. After that, predictions go back to the queue, and another
    /// worker or the next start runs them. Default: 20 seconds.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan DrainTime { get; init; } = TimeSpan.FromSeconds(20);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) => Slots == 0 && Rows == 0
        ? [new ValidationResult(
            $"{Section}:{nameof(Slots)} and {Section}:{nameof(Rows)} are both 0, so nothing would run; set one of them to 1 or more.",
            [nameof(Slots), nameof(Rows)])]
        : [];
}
