using System.Security.Cryptography;
using System.Text.Json;

using LoraHub.Formats.Tensors;
using LoraHub.Formats.Tests;
using LoraHub.Formats.Tests.Pickle;
using LoraHub.Inference.Checkpoints;

using static TorchSharp.torch;

namespace LoraHub.Inference.Tests.Checkpoints;

/// <summary>Compares mapped tensors with those that LoraHub.Formats reads.</summary>
public sealed class MappedCheckpointTests : IDisposable
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
        using var checkpoint = MappedCheckpoint.Open(Golden.Path($"pickle/{group}/{name}"));

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
        using var checkpoint = MappedCheckpoint.OpenModel(Golden.Model("lorahub/t5-mini"));

        Assert.Equal(DType.BFloat16, checkpoint.Entries["shared.weight"].DType);
        Assert.All(checkpoint.Entries.Keys, name => Assert.True(checkpoint.Read(name).isfinite().all().item<bool>()));
    }

    [Fact]
    public void Shards_are_mapped_each_by_itself()
    {
        using var scope = NewDisposeScope();
        File.Copy(Golden.Path("pickle/torch/fp32.bin"), _folder.File("pytorch_model-00001-of-00002.bin"));
        TensorWriter.Write(_folder.File("model-2.safetensors"), new Dictionary<string, Tensor> { ["c"] = arange(6, ScalarType.Int16).reshape(2, 3) });
        _folder.File(
            "pytorch_model.bin.index.json",
            """{ "weight_map": { "b": "pytorch_model-00001-of-00002.bin", "c": "model-2.safetensors", "a": "pytorch_model-00001-of-00002.bin" } }""");

        using var checkpoint = MappedCheckpoint.OpenModel(_folder.Path);
        using var first = MappedCheckpoint.Open(Golden.Path("pickle/torch/fp32.bin"));

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
            using var checkpoint = MappedCheckpoint.Open(_folder.File($"{shift}.bin", archive));
            using var scope = NewDisposeScope();

            Assert.Equal([1, 4, 2, 5], checkpoint.Read("a").data<float>().ToArray());
        }
    }

    public void Dispose() => _folder.Dispose();
}
