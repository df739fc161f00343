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

    /// <summary>The models and modules that the hub puts there, and those that people do: <c>models/OWNER/NAME</c>.</summary>
    public string Models => System.IO.Path.Combine(System.IO.Path.GetFullPath(Path), "models");
}
