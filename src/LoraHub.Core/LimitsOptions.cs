using System.ComponentModel.DataAnnotations;

namespace LoraHub.Core;

/// <summary>What one request may cost. The defaults fit FLAN-T5-large on a machine with 16 GB of memory.</summary>
public sealed class LimitsOptions
{
    public const string Section = "Limits";

    /// <summary>
    /// The most bytes of text that all inputs of a prediction may hold together, however they come: inline, as a file or as a data URL. More is a
    /// 413.
    /// Default: 10 MiB.
    /// </summary>
    [Range(1024, 1 << 30)]
    public int InputBytes { get; init; } = 10 * 1024 * 1024;

    /// <summary>The most examples and test inputs of a prediction together; more is a 422. Default: 10,000.</summary>
    [Range(2, 10_000_000)]
    public int InputLines { get; init; } = 10_000;

    /// <summary>
    /// The most bytes of a training's data (<c>train_data</c> or <c>validation_data</c>) in a file; more is a 413. In the request itself, <see
    /// cref="InputBytes"/> applies. Default: 1 GiB.
    /// </summary>
    [Range(1024, 1L << 40)]
    public long TrainingBytes { get; init; } = 1L << 30;

    /// <summary>The most examples of a training's data; more is a 422. Default: 10,000,000.</summary>
    [Range(1, int.MaxValue)]
    public int TrainingLines { get; init; } = 10_000_000;

    /// <summary>The most tokens of one text. Longer ones are cut to it, as the reference cuts them to 2048. Default: 2048.</summary>
    [Range(16, 2048)]
    public int TextTokens { get; init; } = 2048;

    /// <summary>The largest dimension of a module's matrices, in numbers. Default: 131,072, twice the widest layer of T5 11B.</summary>
    [Range(64, 1 << 24)]
    public int ModuleDimension { get; init; } = 131_072;

    /// <summary>The most matrices of a module. Default: 4096; FLAN-T5-XXL has 864 when all its layers are adapted.</summary>
    [Range(2, 1 << 20)]
    public int ModuleMatrices { get; init; } = 4096;

    /// <summary>
    /// The most bytes of memory that the report on a module may take while it is made. Default: 256 MiB; a layer of FLAN-T5-XXL with r 256 takes 150.
    /// </summary>
    [Range(1L << 20, 1L << 40)]
    public long ReportBytes { get; init; } = 256L << 20;

    /// <summary>The most bytes of one page of a list. A page that would be larger ends earlier; <c>next</c> leads on. Default: 8 MiB.</summary>
    [Range(64 * 1024, 1 << 30)]
    public int PageBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>How long one prediction may run. It fails then, and is not retried. Default: 24 hours.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "49.00:00:00")]
    public TimeSpan RunTime { get; init; } = TimeSpan.FromDays(1);
}
