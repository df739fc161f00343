using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

using LoraHub.Formats.Tensors;

namespace LoraHub.Formats.TorchZip;

/// <summary>The range of a record's content in the file.</summary>
sealed record ZipRecord(long Offset, long Length);

/// <summary>
/// Reads the directory of a zip archive as torch writes it: all records are stored uncompressed, so that each can be memory-mapped.
/// Source: PKWARE APPNOTE 6.3.10, sections 4.3.7 and 4.3.12 to 4.3.16.
/// </summary>
sealed class ZipDirectory
{
    const int LocalHeaderBytes = 30;
    const int EntryBytes = 46;
    const int EndBytes = 22;
    const int LocatorBytes = 20;
    const int End64Bytes = 56;
    const int MaxDirectoryBytes = 64 << 20;
    const ushort Encrypted = 1;
    const ushort Stored = 0;
    const ushort Zip64 = 1;

    readonly string _file;
    readonly FileStream _stream;

    ZipDirectory(string file, FileStream stream)
    {
        _file = file;
        _stream = stream;
    }

    /// <summary>Reads the records of an archive by name and checks that each lies inside the file.</summary>
    /// <exception cref="CheckpointException">The archive is damaged, or uses a feature that torch does not write.</exception>
    public static IReadOnlyDictionary<string, ZipRecord> Read(string file, FileStream stream)
    {
        var zip = new ZipDirectory(file, stream);
        var (offset, length) = zip.FindDirectory();
        var directory = zip.ReadBytes(offset, length, MaxDirectoryBytes);
        var records = new Dictionary<string, ZipRecord>();

        for (var rest = directory.AsSpan(); !rest.IsEmpty;)
        {
            rest = rest[zip.AddRecord(rest, offset, records)..];
        }

        return records;
    }

    /// <summary>Finds the directory's range from the last bytes of the file, since torch appends no comment.</summary>
    (long Offset, long Length) FindDirectory()
    {
        var endOffset = _stream.Length - EndBytes;
        ReadOnlySpan<byte> end = ReadBytes(endOffset, EndBytes, EndBytes);
        Require(end.StartsWith("PK\x05\x06"u8), "the end of the zip archive is missing; the file is cut off or has bytes appended.");
        long length = U32(end, 12);
        long offset = U32(end, 16);

        if (U16(end, 10) == ushort.MaxValue || length == uint.MaxValue || offset == uint.MaxValue)
        {
            ReadOnlySpan<byte> locator = ReadBytes(endOffset - LocatorBytes, LocatorBytes, LocatorBytes);
            Require(locator.StartsWith("PK\x06\x07"u8), "the zip64 locator is missing.");
            endOffset = I64(locator, 8);
            end = ReadBytes(endOffset, End64Bytes, End64Bytes);
            Require(end.StartsWith("PK\x06\x06"u8), "the zip64 end is missing.");
            (length, offset) = (I64(end, 40), I64(end, 48));
        }

        Require(Inside(offset, length, endOffset), "the zip directory lies outside the file.");

        return (offset, length);
    }

    int AddRecord(ReadOnlySpan<byte> entry, long directoryOffset, Dictionary<string, ZipRecord> records)
    {
        Require(entry.Length >= EntryBytes && entry.StartsWith("PK\x01\x02"u8), "the zip directory is damaged.");
        var nameLength = U16(entry, 28);
        var extraLength = U16(entry, 30);
        var entryLength = EntryBytes + nameLength + extraLength + U16(entry, 32);
        Require(entryLength <= entry.Length, "the zip directory is cut off.");

        var nameBytes = entry.Slice(EntryBytes, nameLength);
        Require(Utf8.IsValid(nameBytes), "a record's name is not UTF-8.");
        var name = Encoding.UTF8.GetString(nameBytes);
        Require((U16(entry, 8) & Encrypted) == 0, $"record '{name}' is encrypted.");
        Require(U16(entry, 10) == Stored, $"record '{name}' is compressed; torch.save only stores.");

        var (length, compressed, header) = Sizes(entry, entry.Slice(EntryBytes + nameLength, extraLength));
        Require(length == compressed, $"record '{name}' has two lengths, {length} and {compressed}.");
        var offset = ContentOffset(name, nameBytes, header);
        Require(Inside(offset, length, directoryOffset), $"record '{name}' reaches beyond the file's records.");
        Require(records.TryAdd(name, new ZipRecord(offset, length)), $"there are two records '{name}'.");

        return entryLength;
    }

    /// <summary>Length, compressed length and offset of the local header. Values over 32 bits are in the zip64 extra field, in this order.</summary>
    (long Length, long Compressed, long Header) Sizes(ReadOnlySpan<byte> entry, ReadOnlySpan<byte> extra)
    {
        long compressed = U32(entry, 20);
        long length = U32(entry, 24);
        long header = U32(entry, 42);
        var wide = Zip64Field(extra);

        return (Widen(length, ref wide), Widen(compressed, ref wide), Widen(header, ref wide));
    }

    long Widen(long value, ref ReadOnlySpan<byte> wide)
    {
        if (value != uint.MaxValue)
        {
            return value;
        }

        Require(wide.Length >= sizeof(long), "a zip64 length is missing.");
        value = I64(wide, 0);
        wide = wide[sizeof(long)..];

        return value;
    }

    static ReadOnlySpan<byte> Zip64Field(ReadOnlySpan<byte> extra)
    {
        while (extra.Length >= 4)
        {
            var length = Math.Min(U16(extra, 2), extra.Length - 4);
            if (U16(extra, 0) == Zip64)
            {
                return extra.Slice(4, length);
            }

            extra = extra[(4 + length)..];
        }

        return [];
    }

    long ContentOffset(string name, ReadOnlySpan<byte> nameBytes, long header)
    {
        var local = ReadBytes(header, LocalHeaderBytes, LocalHeaderBytes).AsSpan();
        Require(local.StartsWith("PK\x03\x04"u8) && U16(local, 26) == nameBytes.Length, $"record '{name}' is not where the directory says.");
        var localName = ReadBytes(header + LocalHeaderBytes, nameBytes.Length, ushort.MaxValue);
        Require(nameBytes.SequenceEqual(localName), $"record '{name}' has another name in its own header.");

        return header + LocalHeaderBytes + nameBytes.Length + U16(local, 28);
    }

    byte[] ReadBytes(long offset, long length, int limit)
    {
        Require(
            Inside(offset, length, _stream.Length) && length <= limit,
            $"{length} bytes at {offset} cannot be read from {_stream.Length} (at most {limit}).");
        var bytes = new byte[length];
        _stream.Position = offset;
        _stream.ReadExactly(bytes);

        return bytes;
    }

    void Require(bool condition, string problem)
    {
        if (!condition)
        {
            throw new CheckpointException(_file, problem);
        }
    }

    static bool Inside(long offset, long length, long end) => offset >= 0 && length >= 0 && offset <= end && length <= end - offset;

    static ushort U16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    static long I64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadInt64LittleEndian(bytes[at..]);
}
