using System.Text.Json;
using LoraHub.Core.Uploads;
using Microsoft.Extensions.Logging;

namespace LoraHub.Storage.Embedded;

/// <summary>The folders of uploads, each with the content and a record. People may remove any of them by hand.</summary>
sealed partial class UploadFolders(string root, ILogger logger)
{
    public const string Content = "content", Record = "upload.json";

    /// <summary>Holds unfinished and deleted uploads.</summary>
    public string Temporary { get; } = Path.Combine(root, "temporary");

    public string Of(string id) => Path.Combine(root, id);

    /// <returns>A path in <see cref="Temporary"/>, which exists afterwards, that nothing uses.</returns>
    public string NewTemporary() => Path.Combine(Directory.CreateDirectory(Temporary).FullName, Path.GetRandomFileName());

    /// <summary>Reads the records of all complete uploads.</summary>
    public IEnumerable<Upload> Read() => Directory.CreateDirectory(root).EnumerateDirectories().Select(Read).OfType<Upload>();

    /// <summary>Removes a temporary folder. What cannot be removed stays until the next start.</summary>
    public void TryRemove(string temporary)
    {
        try
        {
            Directory.Delete(temporary, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // It was removed by hand, or there was none.
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            LogNotDeleted(Path.GetFileName(temporary), exception);
        }
    }

    Upload? Read(DirectoryInfo folder)
    {
        if (folder.FullName == Path.GetFullPath(Temporary))
        {
            return null;
        }

        try
        {
            using var record = File.OpenRead(Path.Combine(folder.FullName, Record));
            if (JsonSerializer.Deserialize<Upload>(record) is { } upload
                && upload.Id == folder.Name
                && File.Exists(Path.Combine(folder.FullName, Content)))
            {
                return upload;
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            LogUnreadable(folder.Name, exception);
            return null;
        }

        LogUnreadable(folder.Name, exception: null);
        return null;
    }

    [LoggerMessage(LogLevel.Warning, "Could not delete {Folder} in files/.")]
    public partial void LogNotDeleted(string folder, Exception exception);

    [LoggerMessage(LogLevel.Warning, "Ignored the folder {Folder} in files/: it does not hold a readable upload.")]
    partial void LogUnreadable(string folder, Exception? exception);
}
