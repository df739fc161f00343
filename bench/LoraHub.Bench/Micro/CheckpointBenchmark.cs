using BenchmarkDotNet.Attributes;

using LoraHub.Inference.Checkpoints;

using static TorchSharp.torch;

namespace LoraHub.Bench.Micro;

/// <summary>Reading shipped checkpoints from the page cache.</summary>
public class CheckpointBenchmark
{
    /// <summary>The base model, a module as <c>torch.save</c> wrote it, and one in safetensors.</summary>
    [Params("t5-mini/model.safetensors", "t5_mini-plurals/adapter_model.bin", "t5_mini-parity_safetensors/adapter_model.safetensors")]
    public string File { get; set; } = "";

    string FullPath => Path.Combine(Repository.Root, "models", "lorahub", File);

    [Benchmark]
    public int OpenHeader()
    {
        using var checkpoint = Checkpoint.Open(FullPath);
        return checkpoint.Entries.Count;
    }

    /// <summary>Views of the mapped file: no number of it is touched.</summary>
    [Benchmark]
    public long ViewAll()
    {
        using var scope = NewDisposeScope();
        using var checkpoint = Checkpoint.Open(FullPath);
        return checkpoint.Entries.Keys.Sum(name => checkpoint.Read(name).numel());
    }

    [Benchmark]
    public long CopyAll()
    {
        using var scope = NewDisposeScope();
        using var checkpoint = Checkpoint.Open(FullPath);
        return checkpoint.Entries.Keys.Sum(name => checkpoint.Read(name).clone().numel());
    }
}
