using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace LoraHub.Storage.Records.Modules;

/// <summary>Converts text so that both databases can store it.</summary>
static class StoredText
{
    /// <summary>In UTF-16 units; the rest is cut off. PostgreSQL's indexes accept keys up to a third of a page.</summary>
    const int LongestKey = 256;

    /// <summary>Converts text of an indexed column, which is compared as a whole.</summary>
    [return: NotNullIfNotNull(nameof(text))]
    public static string? Key(string? text) => Of(text is { Length: > LongestKey } ? text[..LongestKey] : text);

    /// <summary>Replaces NUL, which PostgreSQL does not store, and lone surrogates, which UTF-8 cannot encode, by U+FFFD.</summary>
    [return: NotNullIfNotNull(nameof(text))]
    public static string? Of(string? text) => text is null ? null : Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)).Replace('\0', '\uFFFD');
}
