using System.Text.Json;
using System.Text.Json.Serialization;

namespace LoraHub.Modules.Versions;

/// <summary>
/// Reads and writes the record, <c>lorahub.json</c>: the origin of a version, its measurements and its quarantine. The library writes it when it
/// publishes a module; folders created by hand have none.
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
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip, // later releases may write more properties
        RespectNullableAnnotations = true,
    };

    /// <summary>Adds the data of the record in its folder to a version.</summary>
    /// <returns>The same version if its folder has no record.</returns>
    /// <exception cref="JsonException">The file is not a valid record.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static ModuleVersion Read(ModuleVersion version)
    {
        var path = Path.Combine(version.Folder, Name);
        return File.Exists(path) ? FromJson(version, File.ReadAllBytes(path)) : version;
    }

    /// <summary>Like <see cref="Read"/>, for a folder that other processes may be moving.</summary>
    /// <returns>Null if there is no valid record.</returns>
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

    /// <summary>Writes the version's record into a folder, atomically for concurrent readers.</summary>
    public static void Write(string folder, ModuleVersion version)
    {
        var path = Path.Combine(folder, Name);
        using (var file = new FileStream($"{path}.new", FileMode.Create, FileAccess.Write))
        {
            file.Write(ToJson(version));
            file.Flush(flushToDisk: true);
        }

        // File times of the system have a resolution of milliseconds: two versions of equal size within them would have the same stamp.
        File.SetLastWriteTimeUtc($"{path}.new", TimeProvider.System.GetUtcNow().UtcDateTime);
        File.Move($"{path}.new", path, overwrite: true);
    }

    /// <exception cref="JsonException">The bytes are not a valid record.</exception>
    internal static ModuleVersion FromJson(ModuleVersion version, ReadOnlySpan<byte> json)
    {
        var record = JsonSerializer.Deserialize<Content>(json, Options) ?? throw new JsonException("it contains null.");
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

    /// <summary>The properties in the file's order.</summary>
    sealed record Content(
        [property: JsonRequired] IReadOnlyList<ModuleFile> Files,
        string? Source,
        string? Revision,
        string? PublishedBy,
        [property: JsonRequired] DateTimeOffset PublishedAt,
        string? Quarantine,
        [property: JsonRequired] ModuleReport Report);
}
