using LoraHub.Modules.Versions;

namespace LoraHub.Modules.Folders;

/// <summary>Reads the files in the folder of a module's version.</summary>
public static class VersionFolder
{
    /// <summary>Whether the folder is meant as a module, complete or not, and not as a base model.</summary>
    public static bool IsMeantAsModule(string folder) => File.Exists(Path.Combine(folder, ModuleFiles.Config));

    /// <summary>The files that belong to the module, ordered by name.</summary>
    public static IEnumerable<FileInfo> FilesIn(string folder) => ModuleFiles.MostBytes.Keys
        .Order(StringComparer.Ordinal).Select(name => new FileInfo(Path.Combine(folder, name))).Where(file => file.Exists);

    /// <summary>The configuration and the weights, ordered by name. If there are both formats of the weights, the one that is loaded.</summary>
    public static IReadOnlyList<FileInfo> NumbersIn(string folder)
    {
        var files = FilesIn(folder).Where(file => ModuleFiles.IsNumbers(file.Name)).ToArray();
        return files.Any(file => file.Name == ModuleFiles.Weights) ? [.. files.Where(file => file.Name != ModuleFiles.PickledWeights)] : files;
    }

    /// <summary>Whether the folder has a module's configuration and weights.</summary>
    public static bool IsModule(string folder) => IsComplete(FilesIn(folder).Select(file => file.Name));

    /// <summary>Whether the names include a module's configuration and weights.</summary>
    public static bool IsComplete(IEnumerable<string> names)
    {
        var all = names.ToArray();
        return all.Contains(ModuleFiles.Config, StringComparer.Ordinal) && all.Any(name => name is ModuleFiles.Weights or ModuleFiles.PickledWeights);
    }

    /// <summary>Changes whenever a file of the module is written, added or deleted. Opens no files, and ignores others in the folder.</summary>
    public static string Stamp(string folder) => StampOf(FilesIn(folder));

    /// <summary>The size of the weights file in bytes, or 0.</summary>
    public static long Size(string folder) =>
        NumbersIn(folder).FirstOrDefault(file => file.Name != ModuleFiles.Config) is { } file ? Content(file).Length : 0;

    /// <summary>Reads and hashes the files that are part of a version's digest, ordered by name.</summary>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static IReadOnlyList<ModuleFile> ReadNumbers(string folder) =>
        [.. NumbersIn(folder).Select(file => ModuleFile.Read(file.FullName, file.Name))];

    /// <summary>The digest of the current files (<see cref="ModuleFiles.Digest"/>); reads all of them.</summary>
    /// <returns>Null if the module is incomplete.</returns>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static string? Digest(string folder) =>
        ReadNumbers(folder) is var files && IsComplete(files.Select(file => file.Name)) ? ModuleFiles.Digest(files) : null;

    /// <summary>The digest in the folder's record, or without one that of its current files.</summary>
    /// <returns>Null if the folder has no module.</returns>
    internal static string? FindDigest(string folder) => !IsModule(folder) ? null : RecordFile.Find("", folder)?.Digest ?? Digest(folder);

    internal static string StampOf(IEnumerable<FileInfo> files) =>
        string.Join(
            '|', files.Select(file => Content(file) is var content ? $"{file.Name}:{content.Length}:{content.LastWriteTimeUtc.Ticks}" : null));

    /// <summary>
    /// The target of a symbolic link, as in the Hugging Face Hub's cache; the file itself if it is not a link or the target is missing.
    /// </summary>
    internal static FileInfo Content(FileInfo file) =>
        file.LinkTarget is not null && file.ResolveLinkTarget(returnFinalTarget: true) is FileInfo { Exists: true } target ? target : file;

    /// <summary>Flushes all files and the folder's entries to the disk.</summary>
    internal static void Flush(string folder)
    {
        foreach (var path in Directory.EnumerateFiles(folder))
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
            file.Flush(flushToDisk: true);
        }

        SystemCalls.Flush(folder);
    }

    /// <summary>Copies a folder, with hard links if possible. Skips the library's internal files, and files that the target has already.</summary>
    internal static void Repeat(string folder, string place)
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
                file.CopyTo(path); // a symbolic link's target, whose path may be relative to the folder
            }
        }
    }
}
