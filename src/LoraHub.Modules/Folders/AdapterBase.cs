using LoraHub.Formats.Adapters;
using LoraHub.Modules.Versions;

namespace LoraHub.Modules.Folders;

/// <summary>Which base model an adapter is for.</summary>
static class AdapterBase
{
    /// <summary>How a caller says it where the configuration does not.</summary>
    const string Cure = "say which it is: `--base OWNER/NAME` with `lorahub modules add` and `pull`, the form field `base_model` in an upload";

    /// <returns>A valid id.</returns>
    /// <exception cref="AdapterException">The configuration names none.</exception>
    public static string Of(AdapterConfig config) =>
        string.IsNullOrWhiteSpace(config.BaseModel) ? throw new AdapterException($"adapter_config.json names no base model (base_model_name_or_path); {Cure}.")
        : ModelId.Find(config.BaseModel) ?? throw new AdapterException(
            $"adapter_config.json names its base model by a path or another text (base_model_name_or_path), not as owner/name; {Cure}.");
}
