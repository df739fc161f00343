using System.Text.Json;
using LoraHub.Core.Uploads;

namespace LoraHub.Api.Replicate.Files;

/// <summary>A file in Replicate's JSON.</summary>
public sealed record ReplicateFile
{
    public required string Id { get; init; }

    public required string Name { get; init; }

    public required string ContentType { get; init; }

    /// <summary>In bytes.</summary>
    public required long Size { get; init; }

    public required string Etag { get; init; }

    public required FileChecksums Checksums { get; init; }

    /// <summary>The metadata that the client sent.</summary>
    public required IReadOnlyDictionary<string, JsonElement> Metadata { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    public required FileUrls Urls { get; init; }

    internal static ReplicateFile From(Upload upload, FileUrls urls) => new()
    {
        Id = upload.Id,
        Name = upload.Name,
        ContentType = upload.ContentType,
        Size = upload.Size,
        Etag = upload.Md5,
        Checksums = new FileChecksums(upload.Sha256, upload.Md5),
        Metadata = upload.Metadata,
        CreatedAt = upload.CreatedAt,
        ExpiresAt = upload.ExpiresAt,
        Urls = urls,
    };
}

/// <summary>Checksums in lower-case hexadecimal digits.</summary>
public sealed record FileChecksums(string Sha256, string Md5);

/// <param name="Get">The file's URL, which a prediction's input may also hold.</param>
/// <param name="Download">The content's URL, which needs no token.</param>
public sealed record FileUrls(string Get, string Download);
