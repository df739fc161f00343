using System.ComponentModel.DataAnnotations;

namespace LoraHub.Api.Modules;

/// <summary>What the hub takes in.</summary>
public sealed class ModuleOptions
{
    public const string Section = "Modules";

    /// <summary>The most bytes of a module that is uploaded: its files together, and a zip of them. Default: 1 GiB.</summary>
    [Range(1L << 10, 1L << 40)]
    public long MaxBytes { get; init; } = 1L << 30;
}
