using System.ComponentModel.DataAnnotations;

namespace LoraHub.Core;

/// <summary>Where everything the program writes goes.</summary>
public sealed class DataOptions
{
    public const string Section = "Data";

    /// <summary>The one folder that is written to; made when missing. Default: <c>~/.local/share/lorahub</c>.</summary>
    [Required]
    public string Path { get; init; } =
        System.IO.Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "lorahub");
}
