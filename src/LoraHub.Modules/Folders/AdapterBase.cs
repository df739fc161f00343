using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using LoraHub.Formats.Adapters;
using LoraHub.Modules.Versions;

namespace LoraHub.Modules.Folders;

/// <summary>Reads the id of an adapter's base model.</summary>
static class AdapterBase
{
    const string Field = "base_model_name_or_path";

    /// <summary>How to set the base model if the configuration does not.</summary>
    const string Cure = "set it with `--base OWNER/NAME` in `lorahub modules add` or `pull`, or with the form field `base_model` in an upload";

    static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Sets the base model in the configuration of a module that is being published.</summary>
    /// <param name="baseModel">The caller's text.</param>
    /// <exception cref="ModuleRefusedException">The text is not a valid id.</exception>
    public static void Set(string folder, string baseModel)
    {
        var id = ModelId.Find(baseModel)
            ?? throw new ModuleRefusedException(
                "base_model", "The base model must be owner/name with letters, digits, `.`, `-` and `_`, such as google/flan-t5-large.");
        var path = Path.Combine(folder, ModuleFiles.Config);
        if (JsonNode.Parse(File.ReadAllBytes(path)) is JsonObject config && !IsNamed(config, id))
        {
            config[Field] = id;
            File.WriteAllText(path, config.ToJsonString(Indented) + "\n");
        }
    }

    /// <returns>A valid id.</returns>
    /// <exception cref="AdapterException">The configuration names none.</exception>
    public static string Of(AdapterConfig config) =>
        string.IsNullOrWhiteSpace(config.BaseModel) ? throw new AdapterException(
            $"adapter_config.json names no base model (base_model_name_or_path); {Cure}.")
        : ModelId.Find(config.BaseModel) ?? throw new AdapterException(
            $"adapter_config.json does not name its base model as owner/name (base_model_name_or_path); {Cure}.");

    static bool IsNamed(JsonObject config, string id) =>
        config[Field] is JsonValue value && value.TryGetValue<string>(out var named) && ModelId.Find(named) == id;
}
