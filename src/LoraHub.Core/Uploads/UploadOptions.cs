using System.ComponentModel.DataAnnotations;

namespace LoraHub.Core.Uploads;

/// <summary>What clients may upload, and for how long it is kept.</summary>
public sealed class UploadOptions
{
    public const string Section = "Files";

    /// <summary>The largest file in bytes. Default: 100 MiB, as Replicate's.</summary>
    [Range(1, 1L << 40)]
    public long MaxBytes { get; init; } = 100 * 1024 * 1024;

    /// <summary>The most that all files may take together in bytes, 16 KiB for each included; more are refused with 507. Default: 1 GiB.</summary>
    [Range(0, 1L << 50)]
    public long MaxTotalBytes { get; init; } = 1024 * 1024 * 1024;

    /// <summary>The most text in bytes that the files of one prediction's inputs may hold together. Default: 10 MiB.</summary>
    [Range(1, 1 << 30)]
    public int MaxInputBytes { get; init; } = 10 * 1024 * 1024;

    /// <summary>How long a file is kept. Default: 24 hours, as Replicate's.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "365.00:00:00")]
    public TimeSpan KeepFor { get; init; } = TimeSpan.FromHours(24);
}
