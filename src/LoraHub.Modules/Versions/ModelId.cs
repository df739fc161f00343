using System.Text.RegularExpressions;

namespace LoraHub.Modules.Versions;

/// <summary>The ids of models and modules, which are paths of folders too.</summary>
public static partial class ModelId
{
    /// <summary>Whether the text is an <c>owner/name</c> and nothing else. No half of it begins with a dot, so none leaves the folder that it is looked for in.</summary>
    public static bool IsValid(string text) => Pattern().IsMatch(text);

    [GeneratedRegex(@"^[A-Za-z0-9_][A-Za-z0-9._-]{0,95}/[A-Za-z0-9_][A-Za-z0-9._-]{0,95}\z", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Pattern();
}
