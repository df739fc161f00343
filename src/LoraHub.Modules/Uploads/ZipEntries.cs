using System.IO.Compression;
using LoraHub.Modules.Versions;

namespace LoraHub.Modules.Uploads;

/// <summary>What a zip lists: each entry must be harmless even when it is not unpacked, since whoever sends others does not mean a module. No name is quoted.</summary>
static class ZipEntries
{
    const int HighestRatio = 200;

    /// <summary>So small a file may be nothing but spaces.</summary>
    const long FreeOfRatio = 1 << 20;

    const int TypeBits = 0xF000, Directory = 0x4000, RegularFile = 0x8000, SpecialBits = 0x0E00;

    /// <summary>What macOS adds to the zips that it makes.</summary>
    const string MacFolder = "__MACOSX/";

    /// <returns>The module's files, each once, by the names that they have in a module's folder.</returns>
    /// <exception cref="ModuleRefusedException"/>
    public static IReadOnlyList<(string Name, ZipArchiveEntry Entry)> Check(IReadOnlyList<ZipArchiveEntry> entries, long mostBytes)
    {
        if (entries.Count > ModuleZip.MostEntries)
        {
            throw ModuleZip.Refused($"lists {entries.Count} entries; a module has a few files, {ModuleZip.MostEntries} entries may be.");
        }

        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var found = new List<(string Name, string Folder, ZipArchiveEntry Entry)>();
        foreach (var (index, entry) in entries.Index())
        {
            if (WrongWith(entry) is { } wrong)
            {
                throw ModuleZip.Refused($"has an entry (number {index + 1}) {wrong}");
            }

            if (!names.Add(entry.FullName))
            {
                throw ModuleZip.Refused($"has an entry (number {index + 1}) with the name of another.");
            }

            if (UploadedFiles.IsTaken(entry.Name) && !IsOfMac(entry.FullName))
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
            throw ModuleZip.Refused("has a module's files in several folders; all must be at the top, or all in one folder.");
        }

        foreach (var (name, _, entry) in found)
        {
            if (entry.Length > ModuleFiles.MostBytes[name])
            {
                throw ModuleZip.Refused($"has a {name} of {entry.Length} bytes; {ModuleFiles.MostBytes[name]} are the most.");
            }
        }

        if (found.Sum(file => (decimal)file.Entry.Length) is var sum && sum > mostBytes)
        {
            throw ModuleZip.Refused($"holds {sum} bytes; {mostBytes} are the most ({ModuleOptions.Section}:{nameof(ModuleOptions.MaxBytes)}).");
        }
    }

    static string? WrongWith(ZipArchiveEntry entry)
    {
        var isFolder = entry.FullName.EndsWith('/');
        var mode = (entry.ExternalAttributes >> 16) & 0xFFFF;
        var type = mode & TypeBits;
        return WrongWithName(entry.FullName)
            ?? (entry.IsEncrypted ? "that is encrypted; a module is open to all who may read it."
            : type != 0 && type != (isFolder ? Directory : RegularFile) ? "that is neither a file nor a folder, such as a link."
            : (mode & SpecialBits) != 0 && !isFolder ? "with special permissions, such as setuid."
            : entry.Length > FreeOfRatio && entry.Length / HighestRatio > entry.CompressedLength ? $"that grows more than {HighestRatio} times when it is unpacked."
            : null);
    }

    static string? WrongWithName(string name)
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
        return Array.Exists(parts, part => part is "" or "." or "..") ? "with `.`, `..` or nothing as a part of its name."
            : name.Any(char.IsControl) ? "with control characters in its name."
            : parts.Length > 2 || (parts.Length == 2 && name.EndsWith('/')) ? IsOfMac(name) ? null : "in a folder of a folder; a module's files are at the top or in one folder."
            : null;
    }

    static bool IsOfMac(string name) => name.StartsWith(MacFolder, StringComparison.OrdinalIgnoreCase);
}
