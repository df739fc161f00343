using System.Buffers;
using System.IO.Compression;
using System.IO.Hashing;
using LoraHub.Modules.Versions;

namespace LoraHub.Modules.Uploads;

/// <summary>
/// A zip of a module's files, at its top or in one folder. Everything that it lists is checked before anything is unpacked, and nothing is unpacked under a name
/// that the zip gives.
/// </summary>
static class ModuleZip
{
    public const int MostEntries = 64;

    const string Field = "zip";

    const int BufferBytes = 80 * 1024;

    /// <summary>Unpacks the module's own files; others are left.</summary>
    /// <param name="path">The zip, on the disk.</param>
    /// <param name="folder">Empty.</param>
    /// <param name="mostBytes">Of the unpacked files together.</param>
    /// <exception cref="ModuleRefusedException">It is no zip, or one that no module comes in.</exception>
    public static async Task ExtractAsync(string path, string folder, long mostBytes, CancellationToken cancellationToken)
    {
        await using var file = File.OpenRead(path);
        ZipEnd.Check(file);
        try
        {
            await using var zip = await ZipArchive.CreateAsync(file, ZipArchiveMode.Read, leaveOpen: true, entryNameEncoding: null, cancellationToken);
            foreach (var (name, entry) in ZipEntries.Check(zip.Entries, mostBytes))
            {
                await ExtractAsync(entry, name, Path.Combine(folder, name), cancellationToken);
            }
        }
        catch (Exception exception) when (exception is InvalidDataException or EndOfStreamException)
        {
            throw new ModuleRefusedException(Field, "The zip is damaged: its parts do not fit together.", exception);
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
                throw Refused($"says that {name} has {entry.Length} bytes, but it has {(size > entry.Length ? "more" : $"{size}")}.");
            }

            // The library stops at the size that the zip says: what goes on behind it shows here.
            if (crc.GetCurrentHashAsUInt32() != entry.Crc32)
            {
                throw Refused($"has a {name} that is not as it was packed: its checksum is another.");
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
