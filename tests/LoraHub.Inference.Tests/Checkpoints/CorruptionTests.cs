using CsCheck;
using LoraHub.Formats.Tensors;
using LoraHub.Formats.Tests;
using LoraHub.Inference.Checkpoints;
using static TorchSharp.torch;

namespace LoraHub.Inference.Tests.Checkpoints;

/// <summary>A damaged file either reads or throws a CheckpointException with the reason.</summary>
public sealed class CorruptionTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("safetensors/f32.safetensors")]
    [InlineData("safetensors/dtypes.safetensors")]
    [InlineData("torch/fp32.bin")]
    [InlineData("torch/by_hand.bin")]
    [InlineData("torch/strides.bin")]
    public void A_damaged_file_is_read_or_refused(string golden)
    {
        var good = File.ReadAllBytes(Golden.Path("pickle/" + golden));
        var damage = Gen.Select(
            Gen.Select(Gen.Int[0, good.Length - 1], Gen.OneOf<byte>(Gen.Byte, Gen.OneOf<byte>(0, 1, 0x7F, 0x80, 0xFF, (byte)'"', (byte)'9')),
                Gen.Int[1, 9]).Array[0, 3],
            Gen.Frequency<int>((3, Gen.Const(good.Length)), (1, Gen.Int[0, good.Length + 9])));

        damage.Sample(
            (overwritten, length) =>
            {
                var bytes = good.ToArray();
                foreach (var (position, value, count) in overwritten)
                {
                    bytes.AsSpan(position, Math.Min(count, bytes.Length - position)).Fill(value);
                }

                Array.Resize(ref bytes, length);
                OpenAndRead(_folder.File("damaged" + Path.GetExtension(golden), bytes));
            },
            iter: 500,
            threads: 1);
    }

    [Fact]
    public void Every_cut_of_a_file_is_refused()
    {
        foreach (var golden in (string[])["safetensors/f32.safetensors", "torch/by_hand.bin"])
        {
            var good = File.ReadAllBytes(Golden.Path("pickle/" + golden));
            for (var length = 0; length < good.Length; length++)
            {
                var file = _folder.File("cut", good[..length]);
                Assert.Throws<CheckpointException>(() => TensorReader.Open(file));
            }
        }
    }

    public void Dispose() => _folder.Dispose();

    static void OpenAndRead(string file)
    {
        try
        {
            using var scope = NewDisposeScope();
            using var checkpoint = TensorReader.Open(file);
            foreach (var (name, entry) in checkpoint.Entries)
            {
                var tensor = checkpoint.Read(name);
                Assert.Equal(entry.Shape, tensor.shape);
                tensor.clone().Dispose();
            }
        }
        catch (CheckpointException refusal)
        {
            Assert.StartsWith(Path.GetFileName(file), refusal.Message, StringComparison.Ordinal);
        }
    }
}
