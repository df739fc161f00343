using System.ComponentModel.DataAnnotations;

namespace LoraHub.Inference.Models;

/// <summary>Where base models and LoRA modules come from.</summary>
public sealed class ModelsOptions
{
    public const string Section = "Models";

    /// <summary>The base model whose modules are drawn at random, and which is loaded at start. Default: the one that ships.</summary>
    [Required, RegularExpression("[A-Za-z0-9_][A-Za-z0-9._-]*/[A-Za-z0-9_][A-Za-z0-9._-]*")]
    public string Base { get; init; } = "lorahub/t5-mini";

    /// <summary>
    /// Folders of one's own, searched first; each holds <c>owner/name</c> folders as Hugging Face and PEFT make them. Default: none. The
    /// data folder's <c>models</c> and what ships with the program are searched after them.
    /// </summary>
    public IReadOnlyList<string> Folders { get; init; } = [];
}
