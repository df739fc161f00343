using System.Buffers.Binary;
using LoraHub.Modules.Versions;

namespace LoraHub.Modules.Uploads;

/// <summary>The record at a zip's end. It is read before the library reads the list of entries, which takes as much memory as the list is long, whatever the record says.</summary>
static class ZipEnd
{
    const int Length = 22, LongestComment = ushort.MaxValue;

    const uint Signature = 0x06054b50;

    /// <summary>Room for far longer names than a module's.</summary>
    const int LongestList = 64 * 1024;

    /// <exception cref="ModuleRefusedException">It is no zip, or one that lists too much.</exception>
    public static void Check(FileStream zip)
    {
        var tail = new byte[(int)Math.Min(zip.Length, Length + LongestComment)];
        zip.Position = zip.Length - tail.Length;
        zip.ReadExactly(tail);
        zip.Position = 0;
        var at = tail.Length - Length;
        while (at >= 0 && BinaryPrimitives.ReadUInt32LittleEndian(tail.AsSpan(at)) != Signature) // the last one is it, as for the library
        {
            at--;
        }

        if (at < 0)
        {
            throw ModuleZip.Refused("is no zip file, or is cut short.");
        }

        var end = tail.AsSpan(at, Length);
        var (disks, entries, start) = (BinaryPrimitives.ReadUInt16LittleEndian(end[4..]), BinaryPrimitives.ReadUInt16LittleEndian(end[10..]), BinaryPrimitives.ReadUInt32LittleEndian(end[16..]));
        if (disks == ushort.MaxValue || entries == ushort.MaxValue || start == uint.MaxValue)
        {
            throw ModuleZip.Refused("is in the zip64 format; a module's zip needs none of it, at most 4 GiB are taken.");
        }

        if (entries > ModuleZip.MostEntries)
        {
            throw ModuleZip.Refused($"lists {entries} entries; a module has a few files, {ModuleZip.MostEntries} entries may be.");
        }

        var listed = zip.Length - tail.Length + at - start;
        if (listed is < 0 or > LongestList)
        {
            throw ModuleZip.Refused("has a list of entries that is too long, or is cut short.");
        }
    }
}
