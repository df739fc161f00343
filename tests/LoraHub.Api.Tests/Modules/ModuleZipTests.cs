using System.Buffers.Binary;
using System.IO.Compression;
using CsCheck;
using LoraHub.Api.Tests.Support;
using LoraHub.Api.Tests.Telemetry;
using LoraHub.Modules.Uploads;
using LoraHub.Modules.Versions;

namespace LoraHub.Api.Tests.Modules;

/// <summary>Accepts valid zips and refuses hostile ones with a reason.</summary>
[Collection(nameof(Alone))] // it measures the allocations of the whole process
public sealed class ModuleZipTests : IDisposable
{
    const long MostBytes = 4 << 20;

    static readonly byte[] Valid = PeftFiles.Zip(PeftFiles.Of(1, 2, 3));

    readonly string _folder = Directory.CreateTempSubdirectory("lorahub-").FullName;

    public static TheoryData<string, string> Hostile => new(Zips.Select(zip => (zip.Name, zip.Message)).ToArray());

    static IEnumerable<(string Name, byte[] Zip, string Message)> Zips =>
    [
        ("bomb", PeftFiles.Zip((ModuleFiles.Config, new byte[3 << 20])), "compression ratio above 200"),
        ("over the limit", PeftFiles.Zip(CompressionLevel.NoCompression, (ModuleFiles.Weights, new byte[5 << 20])), $"the limit is {MostBytes}"),
        (
            "a file over its limit",
            PeftFiles.Zip(CompressionLevel.NoCompression, (ModuleFiles.Config, new byte[2 << 20])),
            "adapter_config.json of 2097152 bytes"),
        ("link", Edited(Valid, 38, unchecked((int)0xA1FF0000)), "neither a file nor a folder"),
        ("device", Edited(Valid, 38, 0x61FF0000), "neither a file nor a folder"),
        ("setuid", Edited(Valid, 38, unchecked((int)0x89FF0000)), "special permissions"),
        ("encrypted", Edited(Valid, 8, 0x00080001), "encrypted"),
        ("up", Named("../adapter_config.json"), "`..`"),
        ("up within", Named("a/../adapter_config.json"), "`..`"),
        ("absolute", Named("/etc/adapter_config.json"), "absolute path"),
        ("drive", Named("C:/adapter_config.json"), "absolute path"),
        ("backslash", Named("..\\adapter_config.json"), "backslash"),
        ("control", Named("a\nb"), "control characters"),
        ("deep", Named("a/b/adapter_config.json"), "nested folder"),
        ("twice", PeftFiles.Zip((ModuleFiles.Config, PeftFiles.Config), (ModuleFiles.Config, PeftFiles.Config)), "the same name as another"),
        (
            "twice in other letters",
            PeftFiles.Zip((ModuleFiles.Config, PeftFiles.Config), ("ADAPTER_config.json", PeftFiles.Config)),
            "the same name as another"),
        ("two folders", PeftFiles.Zip((ModuleFiles.Config, PeftFiles.Config), ("a/" + ModuleFiles.Weights, [1])), "in several folders"),
        ("thousands of entries", PeftFiles.Zip([.. Enumerable.Range(0, 3000).Select(i => ($"f{i}", Array.Empty<byte>()))]), "3000 entries"),
        ("thousands of entries, stated as three", StatedAsThree(3000), "entry list that is too long"),
        ("a size that is too small", Edited(Compressed(), 24, 5), "its checksum does not match"),
        ("a size that is too large", Edited(Compressed(), 24, 500), "lists adapter_config.json with 500 bytes"),
        ("zip64", Zip64(), "zip64"),
        ("truncated", Valid[..^40], "not a valid zip file"),
        ("nothing", [], "not a valid zip file"),
        ("text", "not a zip"u8.ToArray(), "not a valid zip file"),
        ("an unknown compression method", Edited(Valid, 10, 0x00000063), "damaged"),
    ];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Hostile))]
    public async Task A_hostile_zip_is_refused_with_a_reason(string name, string message)
    {
        var refusal = await Assert.ThrowsAsync<ModuleRefusedException>(() => ExtractAsync(Zips.Single(zip => zip.Name == name).Zip));

        Assert.Contains(message, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("my module/")]
    public async Task The_files_are_at_the_root_or_in_one_folder_and_others_are_ignored(string folder)
    {
        await ExtractAsync(PeftFiles.Zip(
        [
            .. PeftFiles.Of(1, 2).Select(file => (folder + file.Name, file.Content)),
            (folder + "training_args.bin", [1]), (folder + ".gitattributes", [1]), (folder + RecordFile.Name, [1]),
            ("__MACOSX/a/._adapter_config.json", [1]), ("__MACOSX/adapter_config.json", [1]),
        ]));

        Assert.Equal(
            [ModuleFiles.Card, ModuleFiles.Config, ModuleFiles.Weights],
            Directory.EnumerateFileSystemEntries(_folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(
            PeftFiles.Config, await File.ReadAllBytesAsync(Path.Combine(_folder, ModuleFiles.Config), TestContext.Current.CancellationToken));
    }

    /// <summary>Tries some thousand zips by default; set <c>CsCheck_Time=600</c> in the environment to run for ten minutes.</summary>
    [Fact]
    public Task A_mutated_zip_is_extracted_or_refused() => Gen.Int.SampleAsync(FuzzAsync, threads: 1);

    async Task FuzzAsync(int seed)
    {
        var random = new Random(seed);
        for (var i = 0; i < 20; i++)
        {
            var before = GC.GetTotalAllocatedBytes();
            try
            {
                await ExtractAsync(Mutated(random));
            }
            catch (ModuleRefusedException)
            {
                // expected
            }

            Assert.All(Directory.EnumerateFiles(_folder), file => Assert.True(UploadedFiles.IsTaken(Path.GetFileName(file)), file));
            Assert.InRange(new DirectoryInfo(_folder).EnumerateFiles().Sum(file => file.Length), 0, MostBytes);
            Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 512 << 20);
            foreach (var file in Directory.EnumerateFiles(_folder))
            {
                File.Delete(file);
            }
        }
    }

    static byte[] Mutated(Random random)
    {
        var zip = (byte[])Valid.Clone();
        for (var i = random.Next(1, 6); i > 0; i--)
        {
            // Mostly in the entry list, which is the untrusted part that is parsed.
            var at = random.Next(3) == 0 ? random.Next(zip.Length) : random.Next(Math.Min(Entry(zip), zip.Length - 1), zip.Length);
            switch (random.Next(4))
            {
                case 0:
                    zip[at] = (byte)random.Next(256);
                    break;
                case 1:
                    zip[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    zip.AsSpan(at, Math.Min(4, zip.Length - at)).Fill((byte)(random.Next(2) * byte.MaxValue));
                    break;
                default:
                    zip = random.Next(2) == 0
                        ? zip[..Math.Max(1, at)]
                        : [.. zip[..at], .. zip.AsSpan(at / 2, Math.Min(50, zip.Length - (at / 2))), .. zip[at..]];
                    break;
            }
        }

        return zip;
    }

    static byte[] Compressed() => PeftFiles.Zip(CompressionLevel.Optimal, (ModuleFiles.Config, PeftFiles.Config));

    static byte[] Named(string name) => PeftFiles.Zip((name, PeftFiles.Config));

    /// <summary>The offset of the first entry in the entry list.</summary>
    static int Entry(byte[] zip) => Math.Max(0, zip.AsSpan().IndexOf("PK\u0001\u0002"u8));

    /// <summary>The zip with a number replaced in the first entry of the entry list.</summary>
    static byte[] Edited(byte[] zip, int offset, int value)
    {
        var edited = (byte[])zip.Clone();
        BinaryPrimitives.WriteInt32LittleEndian(edited.AsSpan(Entry(edited) + offset), value);
        return edited;
    }

    static byte[] StatedAsThree(int entries)
    {
        var zip = PeftFiles.Zip([.. Enumerable.Range(0, entries).Select(i => ($"f{i}", Array.Empty<byte>()))]);
        zip.AsSpan(zip.Length - 14, 4).Clear();
        (zip[^14], zip[^12]) = (3, 3);
        return zip;
    }

    static byte[] Zip64()
    {
        var zip = (byte[])Valid.Clone();
        zip.AsSpan(zip.Length - 6, 4).Fill(byte.MaxValue);
        return zip;
    }

    async Task ExtractAsync(byte[] zip)
    {
        var path = Path.GetTempFileName();
        try
        {
            await File.WriteAllBytesAsync(path, zip, TestContext.Current.CancellationToken);
            await ModuleZip.ExtractAsync(path, _folder, MostBytes, TestContext.Current.CancellationToken);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
