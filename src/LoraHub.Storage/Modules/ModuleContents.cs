using System.Security.Cryptography;
using System.Text.Json;
using LoraHub.Core.Modules;

namespace LoraHub.Storage.Modules;

/// <summary>What lies in the folder of a module.</summary>
static class ModuleContents
{
    /// <summary>Whether the folder says it is a module, complete or not; a base model's does not.</summary>
    public static bool IsMeantAsModule(string folder) => File.Exists(Path.Combine(folder, ModuleFiles.Config));

    /// <summary>The files that belong to the module, ordered by name.</summary>
    public static IEnumerable<FileInfo> FilesIn(string folder) => ModuleFiles.MostBytes.Keys
        .Order(StringComparer.Ordinal).Select(name => new FileInfo(Path.Combine(folder, name))).Where(file => file.Exists);

    /// <summary>Whether it holds a module's configuration and weights.</summary>
    public static bool IsModule(string folder) => IsComplete(FilesIn(folder).Select(file => file.Name));

    /// <summary>Whether files with these names make a module.</summary>
    public static bool IsComplete(IEnumerable<string> names)
    {
        var all = names.ToArray();
        return all.Contains(ModuleFiles.Config, StringComparer.Ordinal) && all.Any(name => name is ModuleFiles.Weights or ModuleFiles.PickledWeights);
    }

    /// <summary>Differs whenever a file of the module was written, came or went.</summary>
    public static string Stamp(string folder) => string.Join('|', FilesIn(folder).Select(file => $"{file.Name}:{file.Length}:{file.LastWriteTimeUtc.Ticks}"));

    /// <returns>Null when the folder has none that can be read.</returns>
    public static ModuleRecord? FindRecord(string folder)
    {
        try
        {
            return ModuleRecord.FromJson(File.ReadAllBytes(Path.Combine(folder, ModuleRecord.FileName)));
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException or JsonException)
        {
            return null;
        }
    }

    /// <summary>All at once, for those who read the folder meanwhile.</summary>
    public static void Write(string folder, ModuleRecord record)
    {
        var path = Path.Combine(folder, ModuleRecord.FileName);
        using (var file = new FileStream($"{path}.new", FileMode.Create, FileAccess.Write))
        {
            file.Write(record.ToJson());
            file.Flush(flushToDisk: true);
        }

        // The system's own times are some milliseconds coarse: two versions of one size that come within them would have one stamp.
        File.SetLastWriteTimeUtc($"{path}.new", TimeProvider.System.GetUtcNow().UtcDateTime);
        File.Move($"{path}.new", path, overwrite: true);
    }

    /// <summary>Reads the files of the version's bytes from start to end, ordered by name.</summary>
    public static async Task<IReadOnlyList<ModuleFile>> ReadNumbersAsync(string folder, CancellationToken cancellationToken)
    {
        var files = new List<ModuleFile>();
        foreach (var file in FilesIn(folder).Where(file => ModuleFiles.IsNumbers(file.Name)))
        {
            files.Add(await ReadAsync(file.FullName, file.Name, cancellationToken));
        }

        return files;
    }

    public static async Task<ModuleFile> ReadAsync(string path, string name, CancellationToken cancellationToken)
    {
        await using var content = new FileStream(path, new FileStreamOptions { Options = FileOptions.Asynchronous | FileOptions.SequentialScan, Share = FileShare.Read | FileShare.Delete });
        return new ModuleFile(name, content.Length, Convert.ToHexStringLower(await SHA256.HashDataAsync(content, cancellationToken)));
    }

    /// <summary>The digest of the version in the folder, as its record says or else as its files are.</summary>
    /// <returns>Null when it holds no module.</returns>
    public static async Task<string?> FindDigestAsync(string folder, CancellationToken cancellationToken) =>
        !IsModule(folder) ? null : FindRecord(folder)?.Digest ?? ModuleFiles.Digest(await ReadNumbersAsync(folder, cancellationToken));

    /// <summary>Has every file written to the disk, and their names.</summary>
    public static void Flush(string folder)
    {
        foreach (var path in Directory.EnumerateFiles(folder))
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
            file.Flush(flushToDisk: true);
        }

        SystemCalls.Flush(folder);
    }

    /// <summary>Gives all files of a folder another place too, as links where that is possible; those of the hub itself, and those that are there already, are left out.</summary>
    public static void Repeat(string folder, string place)
    {
        foreach (var entry in new DirectoryInfo(folder).EnumerateFileSystemInfos().Where(entry => !entry.Name.StartsWith('.')))
        {
            var path = Path.Combine(place, entry.Name);
            if (Path.Exists(path))
            {
                continue;
            }

            if (entry is DirectoryInfo { LinkTarget: null })
            {
                Directory.CreateDirectory(path);
                Repeat(entry.FullName, path);
            }
            else if (entry is FileInfo file && (file.LinkTarget is not null || !SystemCalls.TryLink(file.FullName, path)))
            {
                file.CopyTo(path); // of a symbolic link, what it stands for: its target may be named from here
            }
        }
    }
}
