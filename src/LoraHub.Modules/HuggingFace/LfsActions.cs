using System.Globalization;
using System.Text.Json;

namespace LoraHub.Modules.HuggingFace;

/// <summary>Where a file's content goes.</summary>
/// <param name="Upload">Receives the content, or with parts the list of their tags.</param>
/// <param name="Headers">The headers to send with the content.</param>
/// <param name="Parts">The URLs of the parts in order, each for <paramref name="PartBytes"/> bytes but the last; empty for one request.</param>
/// <param name="Verify">Receives the digest once the content is sent, or null.</param>
sealed record LfsActions(Uri Upload, IReadOnlyDictionary<string, string> Headers, IReadOnlyList<Uri> Parts, long PartBytes, Uri? Verify)
{
    const string ChunkSize = "chunk_size";

    /// <param name="prepared">An object of a Git LFS batch response.</param>
    /// <param name="size">The file's size in bytes.</param>
    /// <param name="follow">Checks a URL.</param>
    /// <returns>Null if the Hub has the file.</returns>
    /// <exception cref="JsonException">The object is invalid.</exception>
    public static LfsActions? Read(JsonElement prepared, long size, Func<string?, Uri> follow)
    {
        if (!prepared.TryGetProperty("actions", out var actions) || !actions.TryGetProperty("upload", out var upload))
        {
            return null;
        }

        var url = follow(upload.GetProperty("href").GetString());
        var verify = actions.TryGetProperty("verify", out var check) ? follow(check.GetProperty("href").GetString()) : null;
        var headers = upload.TryGetProperty("header", out var header) && header.ValueKind == JsonValueKind.Object
            ? header.EnumerateObject().ToDictionary(pair => pair.Name, pair => pair.Value.ToString(), StringComparer.OrdinalIgnoreCase)
            : [];
        if (!headers.TryGetValue(ChunkSize, out var chunk))
        {
            return new LfsActions(url, headers, [], size, verify);
        }

        var bytes = long.Parse(chunk, NumberStyles.None, CultureInfo.InvariantCulture);
        Uri[] parts =
        [
            .. headers.Where(pair => pair.Key.All(char.IsAsciiDigit))
                .OrderBy(pair => int.Parse(pair.Key, NumberStyles.None, CultureInfo.InvariantCulture))
                .Select(pair => follow(pair.Value)),
        ];
        return bytes > 0 && parts.Length == (size + bytes - 1) / bytes
            ? new LfsActions(url, new Dictionary<string, string>(), parts, bytes, verify)
            : throw new JsonException("The parts do not add up to the file.");
    }
}
