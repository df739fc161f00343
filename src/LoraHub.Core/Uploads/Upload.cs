using System.Text.Json;

namespace LoraHub.Core.Uploads;

/// <summary>A file that a client sent.</summary>
public sealed record Upload
{
    /// <summary>Unguessable; see <see cref="Predictions.PredictionId"/>.</summary>
    public required string Id { get; init; }

    /// <summary>The client's name for it; a label, never a path.</summary>
    public required string Name { get; init; }

    public required string ContentType { get; init; }

    /// <summary>In bytes.</summary>
    public required long Size { get; init; }

    /// <summary>In lower-case hexadecimal digits.</summary>
    public required string Sha256 { get; init; }

    /// <summary>In lower-case hexadecimal digits.</summary>
    public required string Md5 { get; init; }

    /// <summary>What the client wants to remember of it.</summary>
    public required IReadOnlyDictionary<string, JsonElement> Metadata { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>From then on it is not found.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }
}

/// <summary>What a client says of a file.</summary>
public sealed record UploadDetails(string Name, string ContentType, IReadOnlyDictionary<string, JsonElement> Metadata);

/// <summary>A place in the list: time first, id among equals.</summary>
public sealed record UploadPosition(DateTimeOffset CreatedAt, string Id);
