using System.ComponentModel.DataAnnotations;

namespace LoraHub.Core.Uploads;

/// <summary>Limits of uploaded files (<c>/v1/files</c>).</summary>
public sealed class UploadOptions
{
    public const string Section = "Files";

    /// <summary>The largest file in bytes; a larger one is a 413. Default: 100 MiB, as Replicate's.</summary>
    [Range(1, 1L << 40)]
    public long MaxBytes { get; init; } = 100 * 1024 * 1024;

    /// <summary>The most bytes of all files together, with 16 KiB added for each; more is a 507. Default: 1 GiB.</summary>
    [Range(0, 1L << 50)]
    public long MaxTotalBytes { get; init; } = 1024 * 1024 * 1024;

    /// <summary>How long the service keeps a file. Default: 24 hours, as Replicate's.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "365.00:00:00")]
    public TimeSpan KeepFor { get; init; } = TimeSpan.FromHours(24);
}
