using System.ComponentModel.DataAnnotations;

namespace LoraHub.Core;

/// <summary>The data folder.</summary>
public sealed class DataOptions
{
    public const string Section = "Data";

    /// <summary>
    /// The only folder that the program writes to. The program makes it where it is missing. Default: <c>~/.local/share/lorahub</c>.
    /// </summary>
    [Required]
    public string Path { get; init; } =
        System.IO.Path.Combine(
            Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "lorahub");

    /// <summary>The folder of downloaded, published and hand-copied models and modules: <c>models/OWNER/NAME</c>.</summary>
    public string Models => System.IO.Path.Combine(System.IO.Path.GetFullPath(Path), "models");
}
