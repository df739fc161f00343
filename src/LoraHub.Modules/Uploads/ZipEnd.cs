using System.Buffers.Binary;
using LoraHub.Modules.Versions;

namespace LoraHub.Modules.Uploads;

/// <summary>
/// Checks a zip's end record and the length of its entry list before the zip library reads the list, because reading it takes memory in proportion to
/// its length, whatever number of entries the record states.
/// </summary>
static class ZipEnd
{
    const int Length = 22, LongestComment = ushort.MaxValue;

    const uint Signature = 0x06054b50;

    /// <summary>Large enough for <see cref="ModuleZip.MostEntries"/> entries with long names.</summary>
    const int LongestList = 64 * 1024;

    /// <exception cref="ModuleRefusedException">The file is not a zip, or lists too many entries.</exception>
    public static void Check(FileStream zip)
    {
        var tail = new byte[(int)Math.Min(zip.Length, Length + LongestComment)];
        zip.Position = zip.Length - tail.Length;
        zip.ReadExactly(tail);
        zip.Position = 0;
        var at = tail.Length - Length;
        while (at >= 0 && BinaryPrimitives.ReadUInt32LittleEndian(tail.AsSpan(at)) != Signature) // the last signature, as in the zip library
        {
            at--;
        }

        if (at < 0)
        {
            throw ModuleZip.Refused("is not a valid zip file, or is truncated.");
        }

        var end = tail.AsSpan(at, Length);
        var disks = BinaryPrimitives.ReadUInt16LittleEndian(end[4..]);
        var entries = BinaryPrimitives.ReadUInt16LittleEndian(end[10..]);
        var start = BinaryPrimitives.ReadUInt32LittleEndian(end[16..]);
        if (disks == ushort.MaxValue || entries == ushort.MaxValue || start == uint.MaxValue)
        {
            throw ModuleZip.Refused("uses the zip64 format, which is not supported; a module's zip must be smaller than 4 GiB.");
        }

        if (entries > ModuleZip.MostEntries)
        {
            throw ModuleZip.Refused($"lists {entries} entries; the limit is {ModuleZip.MostEntries}.");
        }

        var listed = zip.Length - tail.Length + at - start;
        if (listed is < 0 or > LongestList)
        {
            throw ModuleZip.Refused("has an entry list that is too long, or is truncated.");
        }
    }
}
