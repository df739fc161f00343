namespace LoraHub.Modules.Versions;

/// <summary>Files or a name cannot become a module: the message names what is wrong and what would be right, and quotes no content.</summary>
/// <param name="fieldName">The file or field it is about, as <c>adapter_config.json</c>.</param>
public sealed class ModuleRefusedException(string fieldName, string message, Exception? innerException = null) : Exception(message, innerException)
{
    public string FieldName => fieldName;
}
