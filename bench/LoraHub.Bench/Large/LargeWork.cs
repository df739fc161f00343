using LoraHub.Formats.Adapters;
using LoraHub.Inference;
using LoraHub.Inference.Adaptation;
using LoraHub.Inference.Lora;
using LoraHub.Inference.T5;
using LoraHub.Modules.Versions;

using static TorchSharp.torch;

namespace LoraHub.Bench.Large;

/// <summary>
/// The work that every figure uses: a model of FLAN-T5-large's shape, five examples of 90 to 130 tokens with targets of five or six,
/// and modules of rank 16 on q and v. Owns what it loads.
/// </summary>
sealed class LargeWork : IDisposable
{
    public const int Modules = 20;

    static readonly int[] InputLengths = [90, 101, 110, 122, 130];
    static readonly int[] TargetLengths = [5, 6, 5, 6, 6];

    readonly List<LoraModule> _modules = [];

    /// <param name="root">The folder of the model (3.1 GB) and its modules (19 MB each), written if missing.</param>
    /// <param name="device">Where it is computed; the processor if null.</param>
    public LargeWork(string root, ScalarType type, int modules = Modules, Device? device = null)
    {
        var folder = RandomT5.Make(root, RandomT5.Large, Path.Combine(Repository.Root, "models", "lorahub", "t5-mini"));
        var ids = RandomModules.Make(root, RandomT5.Large, modules);
        Model = T5Model.Load(folder, device ?? CPU, _ => type);
        foreach (var id in ids)
        {
            var path = Path.Combine(root, id);
            var config = AdapterConfig.Load(path);
            _modules.Add(LoraModule.Load(new ModuleVersion { Id = id, Folder = path, BaseModel = config.BaseModel, Rank = config.Rank }, Model));
        }

        Composition = new FactorsComposition(_modules, type);
        Examples = new FewShotExamples(Model, Inputs, Targets);
    }

    /// <summary>The dtype that the service chooses here for a large model: bf16 where the processor multiplies in bf16.</summary>
    public static ScalarType Fastest { get; } = Precisions.Choose(Precision.Auto, long.MaxValue, CPU);

    public static string FastestName => Fastest == ScalarType.BFloat16 ? "bf16" : "fp32";

    /// <summary>Random token ids, the same in every run.</summary>
    public static int[][] Inputs { get; } = Rows(InputLengths, 1);

    public static int[][] Targets { get; } = Rows(TargetLengths, 2);

    public T5Model Model { get; }

    public IReadOnlyList<LoraModule> Loaded => _modules;

    public IEnumerable<string> ModuleFolders => _modules.Select(module => module.Info.Folder);

    public FactorsComposition Composition { get; }

    public FewShotExamples Examples { get; }

    /// <summary>Random weights as a search tries them, different for each index.</summary>
    public double[] Weights(int index)
    {
        var random = new Random(index);
        return [.. _modules.Select(_ => random.NextDouble() - 0.5)];
    }

    /// <summary>Runs one evaluation of a search: compose, forward, loss.</summary>
    public double Evaluate(double[] weights)
    {
        using var scope = NewDisposeScope();
        return Examples.MeanTokenLosses(Composition.Compose([weights]))[0];
    }

    public void Dispose()
    {
        Examples.Dispose();
        Composition.Dispose();
        _modules.ForEach(module => module.Dispose());
        Model.Dispose();
    }

    static int[][] Rows(int[] lengths, int seed)
    {
        var random = new Random(seed);
        return [.. lengths.Select(length => Enumerable.Range(0, length - 1).Select(_ => random.Next(2, 4_000)).Append(1).ToArray())];
    }
}
