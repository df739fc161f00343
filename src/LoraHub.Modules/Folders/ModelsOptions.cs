using System.ComponentModel.DataAnnotations;

namespace LoraHub.Modules.Folders;

/// <summary>The base model, and the folders of models and modules.</summary>
public sealed class ModelsOptions
{
    public const string Section = "Models";

    /// <summary>
    /// The base model that is loaded at start. Predictions that name no modules draw from its modules. Default: the model that ships.
    /// </summary>
    [Required, RegularExpression(
        "[A-Za-z0-9_][A-Za-z0-9._-]*/[A-Za-z0-9_][A-Za-z0-9._-]*|t5-(small|base|large|3b|11b)",
        ErrorMessage = "use owner/name, such as google/flan-t5-large")]
    public string Base { get; init; } = "lorahub/t5-mini";

    /// <summary>
    /// Folders of your own, searched before the data folder's <c>models</c> and the models that ship. Each holds <c>owner/name</c> folders as
    /// Hugging Face and PEFT make them, or is a cache of the Hugging Face Hub. The cache in <c>HF_HUB_CACHE</c>, or else in <c>HF_HOME</c>, is
    /// searched last. Default: none.
    /// </summary>
    public IReadOnlyList<string> Folders { get; init; } = [];
}
