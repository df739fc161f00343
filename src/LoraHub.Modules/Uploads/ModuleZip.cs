using System.Buffers;
using System.IO.Compression;
using System.IO.Hashing;
using LoraHub.Modules.Versions;

namespace LoraHub.Modules.Uploads;

/// <summary>
/// Extracts a zip of a module's files, which are at its root or in one folder. All entries are checked before the first one is extracted, and files
/// are written only under the known names of a module's files.
/// </summary>
static class ModuleZip
{
    public const int MostEntries = 64;

    const string Field = "zip";

    const int BufferBytes = 80 * 1024;

    /// <summary>Extracts the module's own files and ignores others.</summary>
    /// <param name="path">The zip file.</param>
    /// <param name="folder">An empty folder.</param>
    /// <param name="mostBytes">The limit for the extracted files together.</param>
    /// <exception cref="ModuleRefusedException">The file is not a zip, or not a safe one.</exception>
    public static async Task ExtractAsync(string path, string folder, long mostBytes, CancellationToken cancellationToken)
    {
        await using var file = File.OpenRead(path);
        ZipEnd.Check(file);
        try
        {
            await using var zip = await ZipArchive.CreateAsync(
                file, ZipArchiveMode.Read, leaveOpen: true, entryNameEncoding: null, cancellationToken);
            foreach (var (name, entry) in ZipEntries.Check(zip.Entries, mostBytes))
            {
                await ExtractAsync(entry, name, Path.Combine(folder, name), cancellationToken);
            }
        }
        catch (Exception exception) when (exception is InvalidDataException or EndOfStreamException)
        {
            throw new ModuleRefusedException(Field, "The zip is damaged: its structure is inconsistent.", exception);
        }
    }

    public static ModuleRefusedException Refused(string what) => new(Field, $"The zip {what}");

    static async Task ExtractAsync(ZipArchiveEntry entry, string name, string path, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            await using var content = await entry.OpenAsync(cancellationToken);
            await using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, useAsync: true);
            var crc = new Crc32();
            long size = 0;
            int read;
            while ((read = await content.ReadAsync(buffer, cancellationToken)) > 0)
            {
                size += read;
                if (size > entry.Length)
                {
                    break;
                }

                crc.Append(buffer.AsSpan(0, read));
                await file.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            }

            if (size != entry.Length)
            {
                throw Refused($"lists {name} with {entry.Length} bytes, but it has {(size > entry.Length ? "more" : $"{size}")}.");
            }

            // The zip library stops reading at the listed size; the checksum detects data beyond it.
            if (crc.GetCurrentHashAsUInt32() != entry.Crc32)
            {
                throw Refused($"contains a damaged {name}: its checksum does not match.");
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
