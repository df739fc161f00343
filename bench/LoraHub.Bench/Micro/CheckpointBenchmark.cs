using BenchmarkDotNet.Attributes;

using LoraHub.Inference.Checkpoints;

using static TorchSharp.torch;

namespace LoraHub.Bench.Micro;

/// <summary>Reads shipped checkpoints from the page cache.</summary>
public class CheckpointBenchmark
{
    /// <summary>The base model, a module that <c>torch.save</c> wrote, and a module in safetensors.</summary>
    [Params("t5-mini/model.safetensors", "t5_mini-plurals/adapter_model.bin", "t5_mini-parity_safetensors/adapter_model.safetensors")]
    public string File { get; set; } = "";

    string FullPath => Path.Combine(Repository.Root, "models", "lorahub", File);

    [Benchmark]
    public int OpenHeader()
    {
        using var checkpoint = TensorReader.Open(FullPath);
        return checkpoint.Entries.Count;
    }

    [Benchmark]
    public long ReadAll()
    {
        using var scope = NewDisposeScope();
        using var checkpoint = TensorReader.Open(FullPath);
        return checkpoint.Entries.Keys.Sum(name => checkpoint.Read(name).numel());
    }
}
