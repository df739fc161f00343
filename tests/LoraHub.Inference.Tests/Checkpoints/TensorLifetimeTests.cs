using LoraHub.Formats.Tensors;
using LoraHub.Formats.Tests;
using LoraHub.Inference.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraHub.Inference.Tests.Checkpoints;

public sealed class TensorLifetimeTests
{
    [Theory]
    [InlineData("pickle/safetensors/dtypes.safetensors")]
    [InlineData("pickle/torch/strides.bin")]
    [InlineData("pickle/torch/by_hand.bin")]
    [InlineData("pickle/torch/evil_os_system.bin")]
    public void No_tensor_outlives_a_checkpoint_and_its_scope(string golden)
    {
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;

        ReadAll(Golden.Path(golden));

        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void A_read_leaves_one_tensor_in_the_callers_scope()
    {
        using var checkpoint = TensorReader.Open(Golden.Path("pickle/torch/strides.bin"));
        using var scope = NewDisposeScope();

        var tensor = checkpoint.Read("transposed");

        Assert.Equal([tensor], scope.DisposablesView);
    }

    [Fact]
    public void A_tensor_outlives_its_checkpoint_and_its_file()
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        File.Copy(Golden.Path("pickle/safetensors/by_hand.safetensors"), folder.File("x.safetensors"));
        Tensor tensor;
        using (var checkpoint = TensorReader.Open(folder.File("x.safetensors")))
        {
            tensor = checkpoint.Read("a");
        }

        File.Delete(folder.File("x.safetensors"));

        Assert.Equal([0, 1, 2], tensor.data<float>().ToArray());
    }

    [Theory]
    [InlineData("t5/tiny-v1_1/model.safetensors", "shared.weight")]
    [InlineData("t5/tiny-v1_1/pytorch_model.bin", "shared.weight")]
    public void Writing_to_a_tensor_changes_neither_the_file_nor_what_is_read_next(string golden, string name)
    {
        var original = File.ReadAllBytes(Golden.Path(golden));
        using var scope = NewDisposeScope();
        using var checkpoint = TensorReader.Open(Golden.Path(golden));

        checkpoint.Read(name).zero_();

        Assert.NotEqual(0, checkpoint.Read(name).abs().sum().item<float>());
        Assert.Equal(original, File.ReadAllBytes(Golden.Path(golden)));
    }

    [Fact]
    public void A_closed_checkpoint_throws_ObjectDisposedException()
    {
        var checkpoint = TensorReader.Open(Golden.Path("pickle/torch/fp32.bin"));
        checkpoint.Dispose();
        checkpoint.Dispose();

        Assert.Throws<ObjectDisposedException>(() => checkpoint.Read("a"));
    }

    [Fact]
    public void An_unknown_name_is_an_error_that_names_the_file()
    {
        using var checkpoint = TensorReader.Open(Golden.Path("pickle/torch/fp32.bin"));

        var error = Assert.Throws<CheckpointException>(() => checkpoint.Read("none"));

        Assert.Contains("fp32.bin: there is no tensor 'none'", error.Message, StringComparison.Ordinal);
    }

    static void ReadAll(string file)
    {
        using var scope = NewDisposeScope();
        try
        {
            using var checkpoint = TensorReader.Open(file);
            foreach (var name in checkpoint.Entries.Keys)
            {
                checkpoint.Read(name);
            }
        }
        catch (CheckpointException)
        {
            Assert.StartsWith("evil", Path.GetFileName(file), StringComparison.Ordinal);
        }
    }
}
