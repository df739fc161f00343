using System.Security.Cryptography;
using System.Text.Json;

using LoraHub.Formats.Checkpoints;
using LoraHub.Formats.Tensors;
using LoraHub.Formats.Tests;
using LoraHub.Formats.Tests.Pickle;
using LoraHub.Inference.Checkpoints;

using static TorchSharp.torch;

namespace LoraHub.Inference.Tests.Checkpoints;

/// <summary>Compares tensors with those that LoraHub.Formats reads.</summary>
public sealed class TensorReaderTests : IDisposable
{
    static readonly JsonElement Expected = JsonDocument.Parse(File.ReadAllBytes(Golden.Path("pickle/expected.json"))).RootElement;

    readonly TemporaryFolder _folder = new();

    public static TheoryData<string, string> Readable
    {
        get
        {
            var cases = new TheoryData<string, string>();
            foreach (var group in Expected.EnumerateObject())
            {
                foreach (var file in group.Value.EnumerateObject().Where(file => file.Value.GetProperty("verdict").GetString() is "ok"))
                {
                    cases.Add(group.Name, file.Name);
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Readable))]
    public void A_good_file_gives_its_tensors(string group, string name)
    {
        using var scope = NewDisposeScope();
        using var checkpoint = TensorReader.Open(Golden.Path($"pickle/{group}/{name}"));

        foreach (var tensor in Expected.GetProperty(group).GetProperty(name).GetProperty("tensors").EnumerateObject())
        {
            var read = checkpoint.Read(tensor.Name);
            Assert.Equal(checkpoint.Entries[tensor.Name].DType.ToScalarType(), read.dtype);
            Assert.Equal(checkpoint.Entries[tensor.Name].Shape, read.shape);
            Assert.True(read.is_contiguous());
            Assert.Equal(tensor.Value.GetProperty("sha256").GetString(), Convert.ToHexStringLower(SHA256.HashData(read.bytes)));
        }
    }

    [Fact]
    public void The_shipped_model_opens()
    {
        using var scope = NewDisposeScope();
        using var checkpoint = TensorReader.OpenModel(Golden.Model("lorahub/t5-mini"));

        Assert.Equal(DType.BFloat16, checkpoint.Entries["shared.weight"].DType);
        Assert.All(checkpoint.Entries.Keys, name => Assert.True(checkpoint.Read(name).isfinite().all().item<bool>()));
    }

    [Fact]
    public void Shards_are_read_each_by_itself()
    {
        using var scope = NewDisposeScope();
        File.Copy(Golden.Path("pickle/torch/fp32.bin"), _folder.File("pytorch_model-00001-of-00002.bin"));
        TensorWriter.Write(_folder.File("model-2.safetensors"), new Dictionary<string, Tensor> { ["c"] = arange(6, ScalarType.Int16).reshape(2, 3) });
        _folder.File(
            "pytorch_model.bin.index.json",
            """{ "weight_map": { "b": "pytorch_model-00001-of-00002.bin", "c": "model-2.safetensors", "a": "pytorch_model-00001-of-00002.bin" } }""");

        using var checkpoint = TensorReader.OpenModel(_folder.Path);
        using var first = TensorReader.Open(Golden.Path("pickle/torch/fp32.bin"));

        Assert.Equal([0, 1, 2, 3, 4, 5], checkpoint.Read("c").data<short>().ToArray());
        Assert.Equal(first.Read("a").bytes, checkpoint.Read("a").bytes);
        Assert.Throws<CheckpointException>(() => checkpoint.Read("d"));
    }

    [Fact]
    public void An_unaligned_strided_tensor_is_read_as_contiguous()
    {
        for (var shift = 0; shift < 4; shift++)
        {
            byte[] storage = [.. new float[] { 0, 1, 2, 3, 4, 5 }.SelectMany(BitConverter.GetBytes)];
            var archive = PickleBuilder.OfTensor(6, 1, [2, 2], [1, 3]).Archive(new string('r', shift) + "/", storage);
            using var checkpoint = TensorReader.Open(_folder.File($"{shift}.bin", archive));
            using var scope = NewDisposeScope();

            Assert.Equal([1, 4, 2, 5], checkpoint.Read("a").data<float>().ToArray());
        }
    }

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16)]
    public void A_tensor_is_read_into_another_of_any_type(ScalarType type)
    {
        using var scope = NewDisposeScope();
        var numbers = rand(3, 400_000); // more than one piece
        TensorWriter.Write(_folder.File("large.safetensors"), new Dictionary<string, Tensor> { ["a"] = arange(5), ["b"] = numbers });
        using var checkpoint = TensorReader.Open(_folder.File("large.safetensors"));
        var into = empty(4, 400_000, dtype: type);

        checkpoint.Read("b", into.narrow(0, 1, 3));

        Assert.True(into.narrow(0, 1, 3).eq(numbers.to(type)).all().item<bool>());
        Assert.Throws<ArgumentException>(() => checkpoint.Read("b", into));
    }

    /// <summary>While the files were mapped, this killed the process (SIGBUS).</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(200_000)]
    public void A_file_that_is_truncated_while_it_is_open_is_an_error(long length)
    {
        using var scope = NewDisposeScope();
        using var checkpoint = TensorReader.Open(Large("truncated.safetensors"));
        using (var stream = Write("truncated.safetensors"))
        {
            stream.SetLength(length);
        }

        foreach (var type in (ScalarType[])[ScalarType.Float32, ScalarType.BFloat16])
        {
            var error = Assert.Throws<CheckpointException>(() => checkpoint.Read("a", empty(100_000, dtype: type)));

            Assert.Equal("truncated.safetensors: the file was truncated while reading 'a'.", error.Message);
        }
    }

    [Fact]
    public void A_file_that_is_written_in_place_while_it_is_open_is_an_error()
    {
        using var scope = NewDisposeScope();
        using var checkpoint = TensorReader.Open(Large("written.safetensors"));
        checkpoint.Read("a");
        using (var stream = Write("written.safetensors"))
        {
            stream.Position = 300_000;
            stream.Write(new byte[1000]);
        }

        var error = Assert.Throws<CheckpointException>(() => checkpoint.Read("a"));

        Assert.StartsWith("written.safetensors: the file was changed while it was read; ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_was_replaced_since_its_tensors_were_located_is_an_error()
    {
        var located = Checkpoint.Locate(Large("replaced.safetensors"));
        File.Delete(located.Path);
        File.Copy(Golden.Path("pickle/safetensors/f32.safetensors"), located.Path);

        Assert.Throws<CheckpointException>(() => new TensorReader(located));
    }

    [Fact]
    public void An_open_file_that_is_replaced_by_renaming_is_read_to_its_end()
    {
        using var scope = NewDisposeScope();
        using var checkpoint = TensorReader.Open(Large("renamed.safetensors"));
        File.Move(Large("other.safetensors"), _folder.File("renamed.safetensors"), overwrite: true);

        Assert.Equal(100_000, checkpoint.Read("a").sum().item<float>());
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>A file of 100,000 ones that was written an hour ago, so that a write in the same tick of the clock shows.</summary>
    string Large(string name)
    {
        var file = _folder.File(name);
        TensorWriter.Write(file, new Dictionary<string, Tensor> { ["a"] = ones(100_000) });
        File.SetLastWriteTimeUtc(file, TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(-1));
        return file;
    }

    FileStream Write(string name) => new(_folder.File(name), FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
}
