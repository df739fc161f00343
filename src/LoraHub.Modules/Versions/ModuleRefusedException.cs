namespace LoraHub.Modules.Versions;

/// <summary>The files or the name are not a valid module. The message names the problem and the cure, and quotes no content.</summary>
/// <param name="fieldName">The file or field with the problem, such as <c>adapter_config.json</c>.</param>
public sealed class ModuleRefusedException(string fieldName, string message, Exception? innerException = null) : Exception(message, innerException)
{
    public string FieldName => fieldName;
}
