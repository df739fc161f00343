using System.Text.Json;
using CsCheck;

using LoraHub.Formats.Checkpoints;
using LoraHub.Formats.Safetensors;
using LoraHub.Formats.Tensors;

namespace LoraHub.Formats.Tests.Safetensors;

public sealed class SafetensorsWriterTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("t5/tiny-v1_0/model.safetensors")]
    [InlineData("t5/tiny-v1_1.mixed.safetensors")]
    [InlineData("lora/mixed-r8/adapter_model.safetensors")]
    [InlineData("pickle/safetensors/f32.safetensors")]
    [InlineData("pickle/safetensors/unicode.safetensors")]
    [InlineData("pickle/safetensors/dtypes.safetensors")]
    public void A_round_trip_preserves_files_of_Hugging_Face_byte_for_byte(string golden)
    {
        var original = File.ReadAllBytes(Golden.Path(golden));
        var metadata = original.AsSpan().IndexOf("__metadata__"u8) >= 0 ? null : new Dictionary<string, string>();
        using var checkpoint = CheckpointReader.Open(Golden.Path(golden));
        using var stream = new MemoryStream();

        SafetensorsWriter.Write(stream, checkpoint.Entries.Values.Reverse(), checkpoint.Copy, metadata);

        Assert.Equal(original, stream.ToArray());
    }

    [Fact]
    public void Any_tensors_survive_a_round_trip_byte_for_byte()
    {
        var tensors = Gen.Select(Gen.Enum<DType>(), Gen.Long[0, 4].Array[0, 4]).SelectMany(
            (type, shape) => Gen.Byte[0, 1].Array[(int)new TensorEntry("", type, shape).Bytes]
                .Select(bytes => (Type: type, Shape: shape, Bytes: bytes)));

        Gen.Dictionary(Gen.String[1, 20].Where(name => name != "__metadata__" && IsUnicode(name)), tensors)[0, 6].Sample(
            written =>
            {
                using (var stream = File.Create(_folder.File("any.safetensors")))
                {
                    var entries = written.Select(pair => new TensorEntry(pair.Key, pair.Value.Type, pair.Value.Shape));
                    SafetensorsWriter.Write(stream, entries, (entry, write) => write(written[entry.Name].Bytes));
                }

                using var checkpoint = CheckpointReader.Open(_folder.File("any.safetensors"));
                using var again = new MemoryStream();
                SafetensorsWriter.Write(again, checkpoint.Entries.Values, checkpoint.Copy);

                Assert.Equal(written.Keys.Order(StringComparer.Ordinal), checkpoint.Entries.Keys.Order(StringComparer.Ordinal));
                Assert.All(written, pair => Assert.Equal(pair.Value.Bytes, Bytes(checkpoint, pair.Key)));
                Assert.All(written, pair => Assert.Equal(pair.Value.Shape, checkpoint.Entries[pair.Key].Shape));
                Assert.Equal(File.ReadAllBytes(_folder.File("any.safetensors")), again.ToArray());
            },
            iter: 200,
            threads: 1);
    }

    [Fact]
    public void A_pickle_is_written_as_the_safetensors_that_Hugging_Face_made_of_it()
    {
        using var pickled = CheckpointReader.Open(Golden.Path("lora/mixed-r8/adapter_model.bin"));
        using var stream = new MemoryStream();

        SafetensorsWriter.Write(stream, pickled.Entries.Values, pickled.Copy);

        Assert.Equal(File.ReadAllBytes(Golden.Path("lora/mixed-r8/adapter_model.safetensors")), stream.ToArray());
    }

    [Fact]
    public void A_model_that_fits_one_shard_is_one_file_without_an_index()
    {
        var files = WriteSharded(maxShardBytes: 48);

        Assert.Equal(["model.safetensors"], files);
        AssertHoldsModel(files);
    }

    [Theory]
    [InlineData(47, 2)]
    [InlineData(24, 2)]
    [InlineData(23, 4)]
    [InlineData(1, 4)]
    public void A_model_that_does_not_is_sharded_with_an_index_as_Hugging_Face_does(long maxShardBytes, int shards)
    {
        var files = WriteSharded(maxShardBytes);

        Assert.Equal([.. Enumerable.Range(1, shards).Select(i => $"model-{i:D5}-of-{shards:D5}.safetensors"), "model.safetensors.index.json"], files);
        using var index = JsonDocument.Parse(File.ReadAllBytes(_folder.File("model.safetensors.index.json")));
        Assert.Equal(48, index.RootElement.GetProperty("metadata").GetProperty("total_size").GetInt64());
        Assert.Equal(["a", "b", "c", "d"], index.RootElement.GetProperty("weight_map").EnumerateObject().Select(pair => pair.Name));
        AssertHoldsModel(files);
    }

    [Fact]
    public void A_name_twice_or_data_of_another_length_than_announced_is_an_error()
    {
        var entry = new TensorEntry("a", DType.Float32, [2]);

        Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(Stream.Null, [entry, entry], Zeros(8)));
        Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(Stream.Null, [entry], Zeros(7)));
        Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(Stream.Null, [entry], Zeros(12)));
        Assert.Throws<ArgumentException>(() => ShardedWriter.Write(_folder.Path, [entry, entry], Zeros(8), maxShardBytes: 8));
    }

    public void Dispose() => _folder.Dispose();

    static bool IsUnicode(string text) => !text.EnumerateRunes().Contains(System.Text.Rune.ReplacementChar);

    static TensorData Zeros(int bytes) => (_, write) => write(new byte[bytes]);

    static byte[] Bytes(CheckpointReader checkpoint, string name)
    {
        using var bytes = new MemoryStream();
        checkpoint.Copy(checkpoint.Entries[name], bytes.Write);

        return bytes.ToArray();
    }

    IReadOnlyList<string> WriteSharded(long maxShardBytes)
    {
        TensorEntry[] entries = [.. "dbca".Select(name => new TensorEntry($"{name}", DType.Float32, [3]))];

        return ShardedWriter.Write(_folder.Path, entries, (entry, write) =>
        {
            // In pieces of one number.
            for (var i = 0; i < 3; i++)
            {
                write(BitConverter.GetBytes((float)entry.Name[0]));
            }
        }, maxShardBytes);
    }

    void AssertHoldsModel(IReadOnlyList<string> files)
    {
        using var checkpoint = CheckpointReader.OpenModel(_folder.Path);

        Assert.Equal(files.Order(), Directory.GetFiles(_folder.Path).Select(path => Path.GetFileName(path)).Order());
        Assert.Equal(["a", "b", "c", "d"], checkpoint.Entries.Keys.Order());
        Assert.All(checkpoint.Entries.Keys, name => Assert.Equal([name[0], name[0], name[0]], checkpoint.Read<float>(name)));
        Assert.Throws<CheckpointException>(() => checkpoint.Read<float>("e"));
    }
}
