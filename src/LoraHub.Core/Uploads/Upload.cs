using System.Text.Json;

namespace LoraHub.Core.Uploads;

/// <summary>A file that a client uploaded.</summary>
public sealed record Upload
{
    /// <summary>Unguessable; see <see cref="Predictions.PredictionId"/>.</summary>
    public required string Id { get; init; }

    /// <summary>The client's file name; a label, never used as a path.</summary>
    public required string Name { get; init; }

    public required string ContentType { get; init; }

    /// <summary>In bytes.</summary>
    public required long Size { get; init; }

    /// <summary>In lower-case hexadecimal digits.</summary>
    public required string Sha256 { get; init; }

    /// <summary>In lower-case hexadecimal digits.</summary>
    public required string Md5 { get; init; }

    /// <summary>The client's own metadata.</summary>
    public required IReadOnlyDictionary<string, JsonElement> Metadata { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The time from which lookups no longer find the upload.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }
}

/// <summary>A client's description of a file.</summary>
public sealed record UploadDetails(string Name, string ContentType, IReadOnlyDictionary<string, JsonElement> Metadata);

/// <summary>A position in the list, which is ordered by time, then by id.</summary>
public sealed record UploadPosition(DateTimeOffset CreatedAt, string Id);
