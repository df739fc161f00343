using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace LoraHub.Modules.HuggingFace;

/// <param name="Size">In bytes.</param>
/// <param name="Sha256">The digest of a file in Git LFS; null for other files.</param>
/// <param name="BlobId">Git's own digest of a file outside LFS: SHA-1 of <c>blob SIZE\0</c> and the content.</param>
sealed record HubFile(string Name, long Size, string? Sha256, string? BlobId)
{
    /// <summary>Whether the content has this file's digest. Reads the content to its end.</summary>
    public async Task<bool> MatchesAsync(Stream content, CancellationToken cancellationToken)
    {
        if (Sha256 is not null)
        {
            return Convert.ToHexStringLower(await SHA256.HashDataAsync(content, cancellationToken)) == Sha256;
        }

#pragma warning disable CA5350 // git identifies its objects by SHA-1
        using var sha1 = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
#pragma warning restore CA5350
        sha1.AppendData(Encoding.ASCII.GetBytes($"blob {Size}\0"));
        var buffer = new byte[1 << 17];
        int read;
        while ((read = await content.ReadAsync(buffer, cancellationToken)) > 0)
        {
            sha1.AppendData(buffer, 0, read);
        }

        return Convert.ToHexStringLower(sha1.GetHashAndReset()) == BlobId;
    }
}

/// <summary>A model or module on the Hub at one commit.</summary>
/// <param name="Commit">40 hexadecimal digits.</param>
/// <param name="IsPrivate">Whether only its owner sees it.</param>
sealed partial record HubModel(string Id, string Commit, IReadOnlyDictionary<string, HubFile> Files, bool IsPrivate = false)
{
    /// <summary>Reads a response of <c>/api/models/ID/revision/REVISION?blobs=true</c>.</summary>
    /// <exception cref="HubException">The response is invalid.</exception>
    public static HubModel Read(string id, ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            var files = new Dictionary<string, HubFile>(StringComparer.Ordinal);
            foreach (var sibling in root.GetProperty("siblings").EnumerateArray())
            {
                var file = File(sibling);
                files[file.Name] = file;
            }

            return root.GetProperty("sha").GetString() is { } commit && IsCommit(commit)
                ? new HubModel(id, commit, files, root.TryGetProperty("private", out var isPrivate) && isPrivate.ValueKind == JsonValueKind.True)
                : throw new JsonException("sha is not a commit.");
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new HubException($"The Hub's response about {id} is not a valid list of files at a commit.", exception);
        }
    }

    /// <summary>The file with its size and digest, so that a download can be verified.</summary>
    /// <param name="mostBytes">The largest size allowed.</param>
    /// <exception cref="HubException">The file does not exist, is too large, or has no digest.</exception>
    public HubFile File(string name, long mostBytes)
    {
        var file = Files.GetValueOrDefault(name) ?? throw new HubException($"{Id} has no file {name}.");
        return file switch
        {
            _ when file.Size > mostBytes => throw new HubException($"{name} of {Id} has {file.Size} bytes; the limit is {mostBytes}."),
            { Size: < 0 } or { Sha256: null, BlobId: null } => throw new HubException(
                $"The Hub lists no size and digest for {name} of {Id}; a download could not be verified."),
            _ => file,
        };
    }

    public static bool IsCommit(string text) => Sha1().IsMatch(text);

    static HubFile File(JsonElement sibling)
    {
        var name = sibling.GetProperty("rfilename").GetString() ?? throw new JsonException("A file has no name.");
        var lfs = sibling.TryGetProperty("lfs", out var found) && found.ValueKind == JsonValueKind.Object ? found : (JsonElement?)null;
        var size = lfs is { } stored && stored.TryGetProperty("size", out var large) ? large.GetInt64()
            : sibling.TryGetProperty("size", out var plain) && plain.ValueKind == JsonValueKind.Number ? plain.GetInt64()
            : -1;
        return new HubFile(
            name,
            size,
            lfs is { } pointer ? Digits(pointer, "sha256", Sha256Pattern()) : null,
            lfs is null ? Digits(sibling, "blobId", Sha1()) : null);
    }

    static string? Digits(JsonElement element, string name, Regex pattern) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
        && value.GetString() is { } text && pattern.IsMatch(text)
            ? text
            : null;

    [GeneratedRegex(@"^[0-9a-f]{40}\z", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Sha1();

    [GeneratedRegex(@"^[0-9a-f]{64}\z", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Sha256Pattern();
}
