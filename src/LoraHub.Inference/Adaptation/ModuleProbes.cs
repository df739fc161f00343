using System.Runtime.InteropServices;
using System.Security.Cryptography;
using LoraHub.Core.Optimization;
using LoraHub.Inference.Lora;
using LoraHub.Inference.Models;
using LoraHub.Modules.Folders;

using static TorchSharp.torch;

namespace LoraHub.Inference.Adaptation;

/// <summary>
/// Evaluates modules alone, or a few together, at w = 1, on the examples or a part of them, with several adapters in one pass. Owns its
/// examples; borrows the modules.
/// </summary>
sealed class ModuleProbes : IDisposable
{
    /// <summary>Adapters in one pass share its overhead; eight save most of it (bench/README.md).</summary>
    const int AdaptersPerPass = 8;

    readonly BaseModel _base;
    readonly IReadOnlyList<LoraModule> _modules;
    readonly ProbeCache _cache;
    readonly CancellationToken _cancellationToken;
    readonly string _baseKey;
    readonly ExampleSet _all;
    readonly ExampleSet[] _parts;

    /// <param name="inputs">Token ids of the examples, each with its end token.</param>
    /// <param name="targets">Token ids of their targets.</param>
    public ModuleProbes(
        BaseModel model,
        IReadOnlyList<LoraModule> modules,
        IReadOnlyList<int[]> inputs,
        IReadOnlyList<int[]> targets,
        ProbeCache cache,
        CancellationToken cancellationToken)
    {
        (_base, _modules, _cache, _cancellationToken) = (model, modules, cache, cancellationToken);
        _baseKey = KeyOf(model);
        _all = ExampleSet.Of(model, inputs, targets);
        var parts = Math.Min(inputs.Count, SuccessiveHalving.MostParts);
        _parts = [.. Enumerable.Range(0, parts).Select(part => ExampleSet.Of(model, [.. Every(inputs, part)], [.. Every(targets, part)]))];

        IEnumerable<int[]> Every(IReadOnlyList<int[]> texts, int part) => texts.Where((_, example) => example % parts == part);
    }

    /// <summary>Identifies the base model, its dtype and its device.</summary>
    public static string KeyOf(BaseModel model) => $"{BaseModels.Stamp(model.Model.Folder)}|{model.Model.ComputeType}|{model.Model.Device}";

    /// <summary>A hash of the examples' tokens.</summary>
    public static string KeyOf(IReadOnlyList<int[]> inputs, IReadOnlyList<int[]> targets)
    {
        int[] tokens = [.. inputs.Concat(targets).SelectMany(ids => (int[])[ids.Length, .. ids])];
        return Convert.ToHexString(SHA256.HashData(MemoryMarshal.AsBytes(tokens.AsSpan())));
    }

    /// <summary>The number of parts into which <see cref="Losses(Trial, Action{int})"/> divides the examples.</summary>
    public int Parts => _parts.Length;

    /// <summary>Mean loss of the part's target tokens under each group.</summary>
    /// <param name="tried">Called after each pass with the number of groups that were evaluated so far.</param>
    public IReadOnlyList<double> Losses(Trial trial, Action<int>? tried = null) => Losses(trial.Groups, _parts[trial.Part], tried);

    /// <summary>Mean loss of all target tokens under each module alone.</summary>
    public double[] MeanTokenLosses(IReadOnlyList<int> modules) => Losses([.. modules.Select(module => new[] { module })], _all);

    /// <summary>The module with the lowest loss on the examples, and that loss: not finite if no module's loss is.</summary>
    public (LoraModule Module, double MeanTokenLoss) Best()
    {
        var losses = MeanTokenLosses([.. Enumerable.Range(0, _modules.Count)]);

        // MinBy would return a NaN first.
        var (best, loss) = losses.Index().MinBy(module => Evaluation.IsUsable(module.Item) ? module.Item : Evaluation.WorstValue);
        return (_modules[best], loss);
    }

    public void Dispose()
    {
        _all.Examples.Dispose();
        foreach (var part in _parts)
        {
            part.Examples.Dispose();
        }
    }

    double[] Losses(IReadOnlyList<int[]> groups, ExampleSet examples, Action<int>? tried = null)
    {
        var losses = groups.Select(group => group is [var module] ? _cache.Find(KeyOf(module, examples)) : null).ToArray();
        LoraModule[][] members = [.. groups.Select(group => group.Select(module => _modules[module]).ToArray())];
        var unknown = Enumerable.Range(0, losses.Length).Where(place => losses[place] is null).ToArray();
        var adapters = Math.Min(AdaptersPerPass, examples.Examples.AdaptersPerPass);
        foreach (var places in unknown.GroupBy(place => ModuleGroups.Rank(members[place])).SelectMany(sameRank => sameRank.Chunk(adapters)))
        {
            foreach (var (place, loss) in places.Zip(Evaluate([.. places.Select(place => members[place])], adapters, examples.Examples)))
            {
                losses[place] = loss;
                if (groups[place] is [var module])
                {
                    _cache.Keep(KeyOf(module, examples), loss);
                }
            }

            tried?.Invoke(losses.Count(loss => loss is not null));
        }

        return [.. losses.Select(loss => loss!.Value)];
    }

    /// <remarks>
    /// Every pass has the same number of rows and one rank. The order of summation depends on a product's shape, and a cached loss must equal, to
    /// the last bit, the one that another prediction would compute.
    /// </remarks>
    double[] Evaluate(IReadOnlyList<LoraModule[]> groups, int adapters, FewShotExamples examples)
    {
        using var scope = NewDisposeScope();
        var filled = groups.Concat(Enumerable.Repeat(groups[^1], adapters - groups.Count));
        return examples.MeanTokenLosses(ModuleGroups.Compose([.. filled], _base.Model.ComputeType), _cancellationToken);
    }

    Probe KeyOf(int module, ExampleSet examples) => new(_baseKey, _modules[module].Digest, _modules[module].Layout.Slots[0].Scaling, examples.Key);

    /// <param name="Key">A hash of the examples' tokens.</param>
    sealed record ExampleSet(FewShotExamples Examples, string Key)
    {
        public static ExampleSet Of(BaseModel model, IReadOnlyList<int[]> inputs, IReadOnlyList<int[]> targets) =>
            new(new FewShotExamples(model.Model, inputs, targets), ModuleProbes.KeyOf(inputs, targets));
    }
}
