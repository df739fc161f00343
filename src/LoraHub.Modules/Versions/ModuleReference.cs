using System.Text.RegularExpressions;

namespace LoraHub.Modules.Versions;

/// <summary>A reference to a module: by name, or pinned to a version.</summary>
/// <param name="Id"><c>owner/name</c>.</param>
/// <param name="Digest">The first 12 to 64 digits of the version's digest (<see cref="ModuleFiles.Digest"/>), or null for the current
/// version.</param>
public sealed partial record ModuleReference(string Id, string? Digest)
{
    /// <returns>Null if the text is neither <c>owner/name</c> nor <c>owner/name@digest</c>.</returns>
    public static ModuleReference? Parse(string text)
    {
        var at = text.IndexOf('@', StringComparison.Ordinal);
        var (id, digest) = at < 0 ? (text, null) : (text[..at], text[(at + 1)..]);
        return ModelId.IsValid(id) && (digest is null || DigestPattern().IsMatch(digest)) ? new ModuleReference(id, digest) : null;
    }

    /// <summary>Whether this refers to the version with the given full digest.</summary>
    public bool Matches(string digest) => Digest is null || digest.StartsWith(Digest, StringComparison.Ordinal);

    public override string ToString() => Digest is null ? Id : $"{Id}@{Digest}";

    [GeneratedRegex(@"^[0-9a-f]{12,64}\z", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex DigestPattern();
}
