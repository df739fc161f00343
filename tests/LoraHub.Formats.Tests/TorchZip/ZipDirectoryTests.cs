using System.Buffers.Binary;

using LoraHub.Formats.Checkpoints;
using LoraHub.Formats.Tensors;
using LoraHub.Formats.Tests.Pickle;

namespace LoraHub.Formats.Tests.TorchZip;

public sealed class ZipDirectoryTests : IDisposable
{
    const int EndBytes = 22;
    const int EntryBytes = 46;

    readonly TemporaryFolder _folder = new();
    readonly byte[] _good = PickleBuilder.OfTensor(4, 0, [4], [1]).Archive(1, 2, 3, 4);

    /// <summary>The offset of a byte in the first directory entry, its new value, and a part of the error.</summary>
    public static TheoryData<int, byte, string> Damages => new()
    {
        { 0, (byte)'Q', "the zip directory is damaged" },
        { 8, 1, "is encrypted" },
        { 10, 8, "is compressed" },
        { 20, 1, "has two lengths" },
        { 29, 0xFF, "is cut off" },
        { 42, 1, "is not where the directory says" },
        { 45, 0x7F, "cannot be read" },
        { EntryBytes, 0xFF, "is not UTF-8" },
        { EntryBytes, (byte)'b', "has another name in its own header" },
    };

    [Theory]
    [MemberData(nameof(Damages))]
    public void A_damaged_directory_is_refused(int at, byte value, string why)
    {
        _good[DirectoryOffset + at] = value;

        AssertRefused(_good, why);
    }

    [Fact]
    public void Bytes_after_the_archive_are_refused() => AssertRefused([.. _good, 0], "has bytes appended");

    [Fact]
    public void Bytes_before_the_archive_are_refused() => AssertRefused([.. _good[..4], .. _good], "zip directory is damaged");

    [Fact]
    public void A_record_twice_is_refused()
    {
        byte[] twice = [.. _good[..^EndBytes], .. _good[DirectoryOffset..]];
        BinaryPrimitives.WriteInt32LittleEndian(twice.AsSpan(^10), twice.Length - EndBytes - DirectoryOffset);

        AssertRefused(twice, "two records 'archive/data.pkl'");
    }

    [Fact]
    public void A_record_that_reaches_into_the_directory_is_refused()
    {
        var length = _good.AsSpan(DirectoryOffset + 20, 8);
        BinaryPrimitives.WriteInt32LittleEndian(length, DirectoryOffset);
        BinaryPrimitives.WriteInt32LittleEndian(length[4..], DirectoryOffset);

        AssertRefused(_good, "reaches beyond the file's records");
    }

    [Fact]
    public void An_archive_with_64_bit_lengths_opens()
    {
        using var checkpoint = CheckpointReader.Open(_folder.File("zip64.bin", Widen(_good)));

        Assert.Equal([1, 2, 3, 4], checkpoint.Read<float>("a"));
    }

    [Fact]
    public void Wrong_64_bit_lengths_are_refused()
    {
        var wide = Widen(_good);
        for (var at = DirectoryOffset; at < wide.Length; at++)
        {
            foreach (var value in (byte[])[0, 0x80])
            {
                byte[] damaged = [.. wide];
                damaged[at] = value;
                var file = _folder.File("damaged.bin", damaged);

                Assert.True(Record.Exception(() => CheckpointReader.Open(file).Dispose()) is null or CheckpointException);
            }
        }
    }

    public void Dispose() => _folder.Dispose();

    int DirectoryOffset => BinaryPrimitives.ReadInt32LittleEndian(_good.AsSpan(^6));

    void AssertRefused(byte[] archive, string why)
    {
        var file = _folder.File("zip.bin", archive);

        var refusal = Assert.Throws<CheckpointException>(() => CheckpointReader.Open(file));

        Assert.Contains(why, refusal.Message, StringComparison.Ordinal);
    }

    /// <summary>The same archive as if it were larger than 4 GiB: every length and offset in 64 bits.</summary>
    static byte[] Widen(byte[] archive)
    {
        var directoryOffset = BinaryPrimitives.ReadInt32LittleEndian(archive.AsSpan(^6));
        var directory = new List<byte>();
        for (var rest = archive.AsSpan(directoryOffset..^EndBytes); !rest.IsEmpty;)
        {
            var nameLength = rest[28];
            byte[] entry = [.. rest[..(EntryBytes + nameLength)]];
            directory.AddRange([.. entry[..20], .. Saturated(8), nameLength, 0, 28, 0, .. entry[32..42], .. Saturated(4), .. entry[EntryBytes..]]);
            directory.AddRange([1, 0, 24, 0, .. entry[24..28], 0, 0, 0, 0, .. entry[20..24], 0, 0, 0, 0, .. entry[42..46], 0, 0, 0, 0]);
            rest = rest[entry.Length..];
        }

        var end64 = BitConverter.GetBytes((long)(directoryOffset + directory.Count));

        return
        [
            .. archive[..directoryOffset], .. directory,
            .. "PK\u0006\u0006"u8, .. new byte[36], .. BitConverter.GetBytes((long)directory.Count), .. BitConverter.GetBytes((long)directoryOffset),
            .. "PK\u0006\u0007"u8, .. new byte[4], .. end64, .. new byte[4],
            .. "PK\u0005\u0006"u8, 0, 0, 0, 0, .. Saturated(12), 0, 0,
        ];
    }

    static byte[] Saturated(int count) => [.. Enumerable.Repeat(byte.MaxValue, count)];
}
