using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using LoraHub.Formats.Adapters;
using LoraHub.Modules.Versions;

namespace LoraHub.Modules.Folders;

/// <summary>Which base model an adapter is for.</summary>
static class AdapterBase
{
    const string Field = "base_model_name_or_path";

    /// <summary>How a caller says it where the configuration does not.</summary>
    const string Cure = "say which it is: `--base OWNER/NAME` with `lorahub modules add` and `pull`, the form field `base_model` in an upload";

    static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Writes the base model into the configuration of a folder that is on its way into the library, whatever is there.</summary>
    /// <param name="baseModel">As the caller says it.</param>
    /// <exception cref="ModuleRefusedException">It is no base model's id.</exception>
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
        string.IsNullOrWhiteSpace(config.BaseModel)
            ? throw new AdapterException($"adapter_config.json names no base model (base_model_name_or_path); {Cure}.")
            : ModelId.Find(config.BaseModel) ?? throw new AdapterException(
                $"adapter_config.json names its base model by a path or another text (base_model_name_or_path), not as owner/name; {Cure}.");

    static bool IsNamed(JsonObject config, string id) =>
        config[Field] is JsonValue value && value.TryGetValue<string>(out var named) && ModelId.Find(named) == id;
}
