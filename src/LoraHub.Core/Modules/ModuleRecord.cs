using System.Text.Json;
using System.Text.Json.Serialization;

namespace LoraHub.Core.Modules;

/// <summary>
/// What the hub knows of a version that it took in, beside its files as <c>lorahub.json</c>: where it comes from, what was found when it was checked, whether it
/// may be used. A folder that someone made by hand has none.
/// </summary>
public sealed record ModuleRecord
{
    public const string FileName = "lorahub.json";

    static readonly JsonSerializerOptions Options = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip, // a later version may know more
    };

    /// <summary>See <see cref="ModuleFiles.Digest"/>.</summary>
    [JsonIgnore]
    public string Digest => ModuleFiles.Digest(Files);

    /// <summary>The files of the version's bytes, ordered by name; the card is not among them.</summary>
    public required IReadOnlyList<ModuleFile> Files { get; init; }

    /// <summary>Where it was fetched, as <c>https://huggingface.co/owner/name</c>; null when it was uploaded or added from a folder.</summary>
    public string? Source { get; init; }

    /// <summary>The commit of the source.</summary>
    public string? Revision { get; init; }

    /// <summary>The name of the token that it was uploaded with, or null.</summary>
    public string? PublishedBy { get; init; }

    public required DateTimeOffset PublishedAt { get; init; }

    /// <summary>Why predictions refuse it for now, or null when they do not.</summary>
    public string? Quarantine { get; init; }

    public required ModuleReport Report { get; init; }

    public byte[] ToJson() => [.. JsonSerializer.SerializeToUtf8Bytes(this, Options), (byte)'\n'];

    /// <exception cref="JsonException">The bytes are not a record.</exception>
    public static ModuleRecord FromJson(ReadOnlySpan<byte> json) => JsonSerializer.Deserialize<ModuleRecord>(json, Options) ?? throw new JsonException("The record is null.");
}
