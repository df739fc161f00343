using System.Text.RegularExpressions;

namespace LoraHub.Modules.Versions;

/// <summary>The ids of models and modules, which are paths of folders too.</summary>
public static partial class ModelId
{
    /// <summary>The T5 models that the Hugging Face Hub had before it had owners. It redirects to these.</summary>
    static readonly Dictionary<string, string> OldNames =
        ((string[])["t5-small", "t5-base", "t5-large", "t5-3b", "t5-11b"])
            .ToDictionary(name => name, name => $"google-t5/{name}", StringComparer.Ordinal);

    /// <summary>Whether the text is an <c>owner/name</c> and nothing else. No half of it begins with a dot, so none leaves the folder that it is looked for in.</summary>
    public static bool IsValid(string text) => Pattern().IsMatch(text);

    /// <summary>The id of a base model as it is called today: <c>t5-small</c> is <c>google-t5/t5-small</c>.</summary>
    /// <returns>Null when the text is no base model's id.</returns>
    public static string? Find(string text) => OldNames.GetValueOrDefault(text) ?? (IsValid(text) ? text : null);

    /// <summary>What a model was called before it had an owner, or null.</summary>
    public static string? OldName(string id) => OldNames.FirstOrDefault(pair => pair.Value == id).Key;

    [GeneratedRegex(@"^[A-Za-z0-9_][A-Za-z0-9._-]{0,95}/[A-Za-z0-9_][A-Za-z0-9._-]{0,95}\z", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Pattern();
}
