using System.Runtime.InteropServices;
using System.Security.Cryptography;

using LoraHub.Core.Optimization;
using LoraHub.Inference.Lora;
using LoraHub.Inference.Models;

using static TorchSharp.torch;

namespace LoraHub.Inference.Predictions;

/// <summary>Tries modules alone, or a few together, at w = 1, on single examples, many adapters in one pass. Owns its examples; borrows the modules.</summary>
sealed class ModuleProbes : IDisposable
{
    /// <summary>More adapters in a pass share nothing more, and their low-rank products are done for each other's modules too.</summary>
    const int AdaptersPerPass = 8;

    readonly BaseModel _base;
    readonly IReadOnlyList<LoraModule> _modules;
    readonly ProbeCache _cache;
    readonly CancellationToken _cancellationToken;
    readonly string _baseKey;
    readonly FewShotExamples[] _examples;
    readonly string[] _exampleKeys;

    /// <param name="inputs">Token ids of the examples, each with its end token.</param>
    /// <param name="targets">As many.</param>
    public ModuleProbes(
        BaseModel model, IReadOnlyList<LoraModule> modules, IReadOnlyList<int[]> inputs, IReadOnlyList<int[]> targets, ProbeCache cache, CancellationToken cancellationToken)
    {
        (_base, _modules, _cache, _cancellationToken) = (model, modules, cache, cancellationToken);
        _baseKey = $"{FolderModuleCatalog.Stamp(model.Model.Folder)}|{model.Model.ComputeType}|{model.Model.Device}";
        _examples = [.. inputs.Zip(targets, (input, target) => new FewShotExamples(model.Model, [input], [target]))];
        _exampleKeys = [.. inputs.Zip(targets, KeyOf)];
    }

    /// <summary>Of how many parts <see cref="Losses(Screen)"/> takes the examples to be.</summary>
    public int Parts => Math.Min(_examples.Length, Screening.MostParts);

    /// <summary>Mean over the part's examples of the mean loss of their target tokens, for each group.</summary>
    public IReadOnlyList<double> Losses(Screen screen)
    {
        var members = Enumerable.Range(0, _examples.Length).Where(example => example % Parts == screen.Part).ToArray();
        var sums = new double[screen.Groups.Count];
        foreach (var example in members)
        {
            foreach (var (place, loss) in TokenLosses(screen.Groups, example).Index())
            {
                sums[place] += loss / _examples[example].Tokens / members.Length;
            }
        }

        return sums;
    }

    /// <summary>Mean loss of all target tokens under each of the modules alone.</summary>
    public double[] MeanTokenLosses(IReadOnlyList<int> modules)
    {
        var groups = modules.Select(module => new[] { module }).ToArray();
        var ofExamples = Enumerable.Range(0, _examples.Length).Select(example => TokenLosses(groups, example)).ToArray();
        var tokens = _examples.Sum(example => example.Tokens);
        return [.. modules.Select((_, place) => ofExamples.Sum(losses => losses[place]) / tokens)];
    }

    /// <summary>Mean loss of each example's target tokens under a module alone.</summary>
    public double[] LossesOf(int module) => [.. _examples.Select((example, i) => TokenLosses([[module]], i)[0] / example.Tokens)];

    public void Dispose()
    {
        foreach (var example in _examples)
        {
            example.Dispose();
        }
    }

    double[] TokenLosses(IReadOnlyList<int[]> groups, int example)
    {
        var keys = groups.Select(group => group is [var module] ? KeyOf(module, example) : null).ToArray();
        var losses = keys.Select(key => key is null ? null : _cache.Find(key)).ToArray();
        foreach (var missing in Enumerable.Range(0, losses.Length).Where(place => losses[place] is null).Chunk(AdaptersPerPass).ToArray())
        {
            foreach (var (place, loss) in missing.Zip(Evaluate([.. missing.Select(place => groups[place])], example)))
            {
                losses[place] = loss;
                if (keys[place] is { } key)
                {
                    _cache.Keep(key, loss);
                }
            }
        }

        return [.. losses.Select(loss => loss!.Value)];
    }

    double[] Evaluate(int[][] groups, int example)
    {
        using var scope = NewDisposeScope();
        int[] used = [.. groups.SelectMany(group => group).Distinct()];
        using var composition = new DeltaComposition([.. used.Select(module => _modules[module])], _base.Model.ComputeType);
        double[][] rows = [.. groups.Select(group => used.Select(module => group.Contains(module) ? 1.0 : 0).ToArray())];
        var tokens = _examples[example].Tokens;
        return
        [
            .. rows.Chunk(_examples[example].AdaptersPerPass)
                .SelectMany(pass => _examples[example].MeanTokenLosses(composition.Compose(pass), _cancellationToken))
                .Select(loss => loss * tokens),
        ];
    }

    Probe KeyOf(int module, int example) => new(_baseKey, _modules[module].Digest, _modules[module].Config.Scaling, _exampleKeys[example]);

    static string KeyOf(int[] input, int[] target) => Convert.ToHexString(SHA256.HashData(MemoryMarshal.AsBytes([input.Length, .. input, .. target.AsSpan()])));
}
