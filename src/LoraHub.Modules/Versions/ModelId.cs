using System.Text.RegularExpressions;

namespace LoraHub.Modules.Versions;

/// <summary>Validates the ids of models and modules, which are also folder paths.</summary>
public static partial class ModelId
{
    /// <summary>The T5 ids from before the Hugging Face Hub had owners; the Hub redirects them to these.</summary>
    static readonly Dictionary<string, string> OldNames =
        ((string[])["t5-small", "t5-base", "t5-large", "t5-3b", "t5-11b"])
            .ToDictionary(name => name, name => $"google-t5/{name}", StringComparer.Ordinal);

    /// <summary>
    /// Whether the text is <c>owner/name</c>. Neither part may begin with a dot, so that the path cannot leave its parent folder, or with
    /// <c>models--</c>, as the folders in a cache of the Hugging Face Hub do.
    /// </summary>
    public static bool IsValid(string text) => Pattern().IsMatch(text);

    /// <summary>The current id of a base model: <c>t5-small</c> is <c>google-t5/t5-small</c>.</summary>
    /// <returns>Null if the text is not a valid id.</returns>
    public static string? Find(string text) => OldNames.GetValueOrDefault(text) ?? (IsValid(text) ? text : null);

    /// <summary>What a model was called before it had an owner, or null.</summary>
    public static string? OldName(string id) => OldNames.FirstOrDefault(pair => pair.Value == id).Key;

    [GeneratedRegex(
        @"^(?!models--)[A-Za-z0-9_][A-Za-z0-9._-]{0,95}/(?!models--)[A-Za-z0-9_][A-Za-z0-9._-]{0,95}\z",
        RegexOptions.None,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Pattern();
}
