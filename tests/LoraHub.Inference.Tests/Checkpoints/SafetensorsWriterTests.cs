using System.Text.Json;
using CsCheck;
using LoraHub.Inference.Checkpoints;
using static TorchSharp.torch;

namespace LoraHub.Inference.Tests.Checkpoints;

public sealed class SafetensorsWriterTests : IDisposable
{
    static readonly ScalarType[] Types =
    [
        ScalarType.Int64, ScalarType.Float64, ScalarType.Float32, ScalarType.Int32, ScalarType.BFloat16, ScalarType.Float16,
        ScalarType.Int16, ScalarType.Int8, ScalarType.Byte, ScalarType.Bool,
    ];

    readonly TemporaryFolder folder = new();

    [Theory]
    [InlineData("t5/tiny-v1_0/model.safetensors")]
    [InlineData("t5/tiny-v1_1.mixed.safetensors")]
    [InlineData("lora/mixed-r8/adapter_model.safetensors")]
    [InlineData("pickle/safetensors/f32.safetensors")]
    [InlineData("pickle/safetensors/unicode.safetensors")]
    [InlineData("pickle/safetensors/dtypes.safetensors")]
    public void What_is_read_is_written_byte_for_byte_as_Hugging_Face_wrote_it(string golden)
    {
        var original = File.ReadAllBytes(Golden.Path(golden));
        var metadata = original.AsSpan().IndexOf("__metadata__"u8) >= 0 ? null : new Dictionary<string, string>();
        using var checkpoint = Checkpoint.Open(Golden.Path(golden));
        using var stream = new MemoryStream();

        SafetensorsWriter.Write(stream, checkpoint.Entries.Values.Reverse(), checkpoint.Read, metadata);

        Assert.Equal(original, stream.ToArray());
    }

    [Fact]
    public void Any_tensors_come_back_and_are_written_to_the_same_bytes()
    {
        var shapes = Gen.Select(Gen.OneOf<ScalarType>(Types), Gen.Long[0, 4].Array[0, 4]);

        Gen.Dictionary(Gen.String[1, 20].Where(name => name != "__metadata__" && IsUnicode(name)), shapes)[0, 6].Sample(
            tensors =>
            {
                using var scope = NewDisposeScope();
                var written = tensors.ToDictionary(pair => pair.Key, pair => randint(0, 2, pair.Value.Item2).to_type(pair.Value.Item1));
                SafetensorsWriter.Write(folder.File("any.safetensors"), written);
                using var checkpoint = Checkpoint.Open(folder.File("any.safetensors"));
                using var again = new MemoryStream();
                SafetensorsWriter.Write(again, checkpoint.Entries.Values, checkpoint.Read);

                Assert.Equal(written.Keys.Order(StringComparer.Ordinal), checkpoint.Entries.Keys.Order(StringComparer.Ordinal));
                Assert.All(written, pair => Assert.Equal(pair.Value.bytes, checkpoint.Read(pair.Key).bytes));
                Assert.All(written, pair => Assert.Equal(pair.Value.shape, checkpoint.Entries[pair.Key].Shape));
                Assert.Equal(File.ReadAllBytes(folder.File("any.safetensors")), again.ToArray());
            },
            iter: 200,
            threads: 1);
    }

    [Fact]
    public void Tensors_that_are_not_contiguous_or_need_a_gradient_are_written_as_they_look()
    {
        using var scope = NewDisposeScope();
        var transposed = arange(6, ScalarType.Float32).reshape(2, 3).t().requires_grad_();
        SafetensorsWriter.Write(folder.File("t.safetensors"), new Dictionary<string, Tensor> { ["t"] = transposed });

        using var checkpoint = Checkpoint.Open(folder.File("t.safetensors"));

        Assert.Equal([0, 3, 1, 4, 2, 5], checkpoint.Read("t").data<float>().ToArray());
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
        using var index = JsonDocument.Parse(File.ReadAllBytes(folder.File("model.safetensors.index.json")));
        Assert.Equal(48, index.RootElement.GetProperty("metadata").GetProperty("total_size").GetInt64());
        Assert.Equal(["a", "b", "c", "d"], index.RootElement.GetProperty("weight_map").EnumerateObject().Select(pair => pair.Name));
        AssertHoldsModel(files);
    }

    [Fact]
    public void A_name_twice_or_a_tensor_that_is_not_what_was_announced_is_an_error()
    {
        using var scope = NewDisposeScope();
        var entry = new TensorEntry("a", ScalarType.Float32, [2]);

        Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(Stream.Null, [entry, entry], _ => zeros(2)));
        Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(Stream.Null, [entry], _ => zeros(3)));
        Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(Stream.Null, [entry], _ => zeros(2, ScalarType.Float64)));
        Assert.Throws<ArgumentException>(() => ShardedWriter.Write(folder.Path, [entry, entry], _ => zeros(2), maxShardBytes: 8));
        Assert.Throws<NotSupportedException>(() => SafetensorsWriter.Write(Stream.Null, [entry with { DType = ScalarType.ComplexFloat32 }], _ => zeros(2)));
    }

    public void Dispose() => folder.Dispose();

    static bool IsUnicode(string text) => !text.EnumerateRunes().Contains(System.Text.Rune.ReplacementChar);

    IReadOnlyList<string> WriteSharded(long maxShardBytes)
    {
        TensorEntry[] entries = [.. "dbca".Select(name => new TensorEntry($"{name}", ScalarType.Float32, [3]))];

        return ShardedWriter.Write(folder.Path, entries, name => full(3, name[0], ScalarType.Float32), maxShardBytes);
    }

    void AssertHoldsModel(IReadOnlyList<string> files)
    {
        using var scope = NewDisposeScope();
        using var checkpoint = Checkpoint.OpenModel(folder.Path);

        Assert.Equal(files.Order(), Directory.GetFiles(folder.Path).Select(path => Path.GetFileName(path)).Order());
        Assert.Equal(["a", "b", "c", "d"], checkpoint.Entries.Keys.Order());
        Assert.All(checkpoint.Entries.Keys, name => Assert.Equal([name[0], name[0], name[0]], checkpoint.Read(name).data<float>().ToArray()));
        Assert.Throws<CheckpointException>(() => checkpoint.Read("e"));
    }
}
