using System.Text.Json;
using System.Text.Json.Serialization;

namespace LoraHub.Modules.Versions;

/// <summary>
/// <c>lorahub.json</c>, which the library writes beside a version's files: where it comes from, what was found when it was checked, whether it may be used. A folder
/// that someone made by hand has none.
/// </summary>
public static class RecordFile
{
    public const string Name = "lorahub.json";

    static readonly JsonSerializerOptions Options = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip, // a later version may write more
        RespectNullableAnnotations = true,
    };

    /// <summary>Adds to a version what the record in its folder says.</summary>
    /// <returns>The version as it was when its folder has no record.</returns>
    /// <exception cref="JsonException">The file is not a record.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static ModuleVersion Read(ModuleVersion version)
    {
        var path = Path.Combine(version.Folder, Name);
        return File.Exists(path) ? FromJson(version, File.ReadAllBytes(path)) : version;
    }

    /// <summary>As <see cref="Read"/>, for a folder that others may be moving; a broken record counts as none.</summary>
    /// <returns>Null when there is no record.</returns>
    public static ModuleVersion? Find(string id, string folder)
    {
        try
        {
            return Read(new ModuleVersion { Id = id, Folder = folder }) is { IsRecorded: true } version ? version : null;
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Writes the version's record into a folder, all at once for those who read the folder meanwhile.</summary>
    public static void Write(string folder, ModuleVersion version)
    {
        var path = Path.Combine(folder, Name);
        using (var file = new FileStream($"{path}.new", FileMode.Create, FileAccess.Write))
        {
            file.Write(ToJson(version));
            file.Flush(flushToDisk: true);
        }

        // The system's own times are some milliseconds coarse: two versions of one size that come within them would have one stamp.
        File.SetLastWriteTimeUtc($"{path}.new", TimeProvider.System.GetUtcNow().UtcDateTime);
        File.Move($"{path}.new", path, overwrite: true);
    }

    /// <exception cref="JsonException">The bytes are not a record.</exception>
    internal static ModuleVersion FromJson(ModuleVersion version, ReadOnlySpan<byte> json)
    {
        var record = JsonSerializer.Deserialize<Content>(json, Options) ?? throw new JsonException("it holds null.");
        if ((RecordCheck.ProblemOf(record.Files) ?? RecordCheck.ProblemOf(record.Report)) is { } problem)
        {
            throw new JsonException(problem);
        }

        return version with
        {
            Digest = ModuleFiles.Digest(record.Files),
            Files = record.Files,
            Source = record.Source,
            Revision = record.Revision,
            PublishedBy = record.PublishedBy,
            PublishedAt = record.PublishedAt,
            Quarantine = record.Quarantine,
            Report = record.Report,
        };
    }

    internal static byte[] ToJson(ModuleVersion version) =>
    [
        .. JsonSerializer.SerializeToUtf8Bytes(
            new Content(
                version.Files, version.Source, version.Revision, version.PublishedBy, version.PublishedAt, version.Quarantine,
                version.Report ?? throw new ArgumentException("The version was not inspected.", nameof(version))),
            Options),
        (byte)'\n',
    ];

    /// <summary>The file's fields, in the file's order.</summary>
    sealed record Content(
        [property: JsonRequired] IReadOnlyList<ModuleFile> Files,
        string? Source,
        string? Revision,
        string? PublishedBy,
        [property: JsonRequired] DateTimeOffset PublishedAt,
        string? Quarantine,
        [property: JsonRequired] ModuleReport Report);
}
