using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace LoraHub.Storage.Records.Modules;

/// <summary>Text as both databases hold it.</summary>
static class StoredText
{
    /// <summary>No index of PostgreSQL takes a longer key than a third of a page; what a longer one has beyond is left out.</summary>
    const int LongestKey = 256;

    /// <summary>Of what is searched for as a whole.</summary>
    [return: NotNullIfNotNull(nameof(text))]
    public static string? Key(string? text) => Of(text is { Length: > LongestKey } ? text[..LongestKey] : text);

    /// <summary>PostgreSQL's texts hold no NUL, and no UTF-8 holds half of a surrogate pair: U+FFFD stands for them.</summary>
    [return: NotNullIfNotNull(nameof(text))]
    public static string? Of(string? text) => text is null ? null : Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)).Replace('\0', '\uFFFD');
}
