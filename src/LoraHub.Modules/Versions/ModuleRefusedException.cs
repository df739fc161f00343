namespace LoraHub.Modules.Versions;

/// <summary>The files or the name are not a valid module. The message names the problem and the cure, and quotes no content.</summary>
/// <param name="fieldName">The file or field with the problem, such as <c>adapter_config.json</c>.</param>
public class ModuleRefusedException(string fieldName, string message, Exception? innerException = null) : Exception(message, innerException)
{
    public string FieldName => fieldName;
}

/// <summary>The name differs only in case from one that is in use. Some file systems and some clients cannot tell the two apart.</summary>
/// <param name="known">The name in use.</param>
public sealed class ModuleSpellingException(string known)
    : ModuleRefusedException("name", $"there is already `{known}`, and names must not differ only in case; use that name, or another one.");
