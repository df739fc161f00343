using System.ComponentModel.DataAnnotations;

namespace LoraHub.Modules.Uploads;

/// <summary>Limits of modules that clients publish.</summary>
public sealed class ModuleOptions
{
    public const string Section = "Modules";

    /// <summary>The largest module that may be published, in bytes: the sum of its files, and also a zip of them. Default: 1 GiB.</summary>
    [Range(1L << 10, 1L << 40)]
    public long MaxBytes { get; init; } = 1L << 30;
}
