using BenchmarkDotNet.Attributes;

using LoraHub.Inference.Lora;

using static TorchSharp.torch;

namespace LoraHub.Bench.Micro;

/// <summary>Both compositions of 20 shipped modules: the cost per prediction and the cost per evaluation.</summary>
#pragma warning disable CA1001 // BenchmarkDotNet calls the cleanup, not Dispose.
public class CompositionBenchmark
#pragma warning restore CA1001
{
    ShippedModules _shipped = null!;
    FactorsComposition _factors = null!;
    DeltaComposition _delta = null!;
    double[] _weights = [];

    [GlobalSetup]
    public void Load()
    {
        var random = new Random(1);
        _shipped = new ShippedModules();
        _factors = new FactorsComposition(_shipped.Modules, ScalarType.Float32);
        _delta = new DeltaComposition(_shipped.Modules, ScalarType.Float32);
        _weights = [.. _shipped.Modules.Select(_ => 3 * random.NextDouble() - 1.5)];
    }

    [GlobalCleanup]
    public void Unload()
    {
        _factors.Dispose();
        _delta.Dispose();
        _shipped.Dispose();
    }

    [Benchmark]
    public void PrepareFactors() => new FactorsComposition(_shipped.Modules, ScalarType.Float32).Dispose();

    [Benchmark]
    public int ComposeFactors() => Compose(_factors);

    [Benchmark]
    public void PrepareDelta() => new DeltaComposition(_shipped.Modules, ScalarType.Float32).Dispose();

    [Benchmark]
    public int ComposeDelta() => Compose(_delta);

    int Compose(IComposition composition)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        return composition.Compose([_weights]).Layers.Count;
    }
}
