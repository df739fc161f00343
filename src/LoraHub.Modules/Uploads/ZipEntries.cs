using System.IO.Compression;
using LoraHub.Modules.Versions;

namespace LoraHub.Modules.Uploads;

/// <summary>
/// Checks a zip's entries. Every entry must be safe, also those that are not extracted: a zip with an unsafe entry is refused. Messages do not quote
/// entry names.
/// </summary>
static class ZipEntries
{
    const int HighestRatio = 200;

    /// <summary>Smaller files may have any compression ratio.</summary>
    const long SmallestCheckedForRatio = 1 << 20;

    const int TypeBits = 0xF000, Directory = 0x4000, RegularFile = 0x8000, SpecialBits = 0x0E00;

    /// <summary>The folder that macOS adds to a zip.</summary>
    const string MacFolder = "__MACOSX/";

    /// <returns>The module's files with their names in the module's folder, each once.</returns>
    /// <exception cref="ModuleRefusedException"/>
    public static IReadOnlyList<(string Name, ZipArchiveEntry Entry)> Check(IReadOnlyList<ZipArchiveEntry> entries, long mostBytes)
    {
        if (entries.Count > ModuleZip.MostEntries)
        {
            throw ModuleZip.Refused($"lists {entries.Count} entries; the limit is {ModuleZip.MostEntries}.");
        }

        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var found = new List<(string Name, string Folder, ZipArchiveEntry Entry)>();
        foreach (var (index, entry) in entries.Index())
        {
            if (Defect(entry) is { } defect)
            {
                throw ModuleZip.Refused($"has an entry (number {index + 1}) {defect}");
            }

            if (!names.Add(entry.FullName))
            {
                throw ModuleZip.Refused($"has an entry (number {index + 1}) with the same name as another entry.");
            }

            if (UploadedFiles.IsTaken(entry.Name) && !IsFromMac(entry.FullName))
            {
                found.Add((entry.Name, entry.FullName[..^entry.Name.Length], entry));
            }
        }

        CheckSizes(found, mostBytes);
        return [.. found.Select(file => (file.Name, file.Entry))];
    }

    static void CheckSizes(List<(string Name, string Folder, ZipArchiveEntry Entry)> found, long mostBytes)
    {
        if (found.DistinctBy(file => file.Folder).Count() > 1)
        {
            throw ModuleZip.Refused("has a module's files in several folders; all must be at the root or in one folder.");
        }

        foreach (var (name, _, entry) in found)
        {
            if (entry.Length > ModuleFiles.MostBytes[name])
            {
                throw ModuleZip.Refused($"has a {name} of {entry.Length} bytes; the limit is {ModuleFiles.MostBytes[name]}.");
            }
        }

        if (found.Sum(file => (decimal)file.Entry.Length) is var sum && sum > mostBytes)
        {
            throw ModuleZip.Refused($"contains {sum} bytes; the limit is {mostBytes} ({ModuleOptions.Section}:{nameof(ModuleOptions.MaxBytes)}).");
        }
    }

    static string? Defect(ZipArchiveEntry entry)
    {
        var isFolder = entry.FullName.EndsWith('/');
        var mode = (entry.ExternalAttributes >> 16) & 0xFFFF;
        var type = mode & TypeBits;
        return NameDefect(entry.FullName)
            ?? (entry.IsEncrypted ? "that is encrypted; encrypted entries are not supported."
            : type != 0 && type != (isFolder ? Directory : RegularFile) ? "that is neither a file nor a folder, such as a link."
            : (mode & SpecialBits) != 0 && !isFolder ? "with special permissions, such as setuid."
            : entry.Length > SmallestCheckedForRatio && entry.Length / HighestRatio > entry.CompressedLength
                ? $"with a compression ratio above {HighestRatio}."
            : null);
    }

    static string? NameDefect(string name)
    {
        if (name.Contains('\\', StringComparison.Ordinal))
        {
            return "with a backslash in its name.";
        }

        if (name.StartsWith('/') || (name.Length > 1 && name[1] == ':'))
        {
            return "with an absolute path as its name.";
        }

        var parts = name.TrimEnd('/').Split('/');
        return Array.Exists(parts, part => part is "" or "." or "..") ? "with `.`, `..` or an empty part in its name."
            : name.Any(char.IsControl) ? "with control characters in its name."
            : (parts.Length > 2 || (parts.Length == 2 && name.EndsWith('/'))) && !IsFromMac(name)
                ? "in a nested folder; a module's files must be at the root or in one folder."
            : null;
    }

    static bool IsFromMac(string name) => name.StartsWith(MacFolder, StringComparison.OrdinalIgnoreCase);
}
