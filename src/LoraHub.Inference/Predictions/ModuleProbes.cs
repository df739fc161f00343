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
        foreach (var (example, losses) in members.Zip(TokenLosses(screen.Groups, members)))
        {
            foreach (var (place, loss) in losses.Index())
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
        var ofExamples = TokenLosses(groups, [.. Enumerable.Range(0, _examples.Length)]);
        var tokens = _examples.Sum(example => example.Tokens);
        return [.. modules.Select((_, place) => ofExamples.Sum(losses => losses[place]) / tokens)];
    }

    /// <summary>Mean loss of each example's target tokens under a module alone.</summary>
    public double[] LossesOf(int module) =>
        [.. TokenLosses([[module]], [.. Enumerable.Range(0, _examples.Length)]).Zip(_examples, (losses, example) => losses[0] / example.Tokens)];

    public void Dispose()
    {
        foreach (var example in _examples)
        {
            example.Dispose();
        }
    }

    /// <summary>Sums of the target tokens' losses, by example and group.</summary>
    double[][] TokenLosses(IReadOnlyList<int[]> groups, int[] examples)
    {
        var losses = examples.Select(example => groups.Select(group => Known(group, example)).ToArray()).ToArray();
        var missing = Enumerable.Range(0, groups.Count).Where(place => losses.Any(ofGroups => ofGroups[place] is null));
        foreach (var places in missing.Chunk(AdaptersPerPass).ToArray())
        {
            using var scope = NewDisposeScope();
            using var composition = Compose([.. places.Select(place => groups[place])], out var rows);
            foreach (var (i, example) in examples.Index())
            {
                foreach (var (place, loss) in places.Zip(Evaluate(composition, rows, example)))
                {
                    losses[i][place] = loss;
                    Keep(groups[place], example, loss);
                }
            }
        }

        return [.. losses.Select(ofGroups => ofGroups.Select(loss => loss!.Value).ToArray())];
    }

    /// <summary>
    /// The groups' modules, and a row of weights for each group. A pass always has the same number of rows, and no fewer modules: how products are summed depends on
    /// their shapes, and what is remembered of one prediction must be, to the last bit, what another would find.
    /// </summary>
    DeltaComposition Compose(IReadOnlyList<int[]> groups, out double[][] rows)
    {
        int[] used = [.. groups.SelectMany(group => group).Distinct()];
        int[] filled = [.. used, .. Enumerable.Repeat(used[^1], Math.Max(0, AdaptersPerPass - used.Length))];
        rows = [.. groups.Select(group => filled.Select((module, i) => i < used.Length && group.Contains(module) ? 1.0 : 0).ToArray())];
        rows = [.. rows, .. Enumerable.Repeat(rows[^1], AdaptersPerPass - rows.Length)];
        return new DeltaComposition([.. filled.Select(module => _modules[module])], _base.Model.ComputeType);
    }

    double[] Evaluate(DeltaComposition composition, double[][] rows, int example)
    {
        var tokens = _examples[example].Tokens;
        return
        [
            .. rows.Chunk(Math.Min(AdaptersPerPass, _examples[example].AdaptersPerPass))
                .SelectMany(pass => _examples[example].MeanTokenLosses(composition.Compose(pass), _cancellationToken))
                .Select(loss => loss * tokens),
        ];
    }

    double? Known(int[] group, int example) => group is [var module] ? _cache.Find(KeyOf(module, example)) : null;

    void Keep(int[] group, int example, double loss)
    {
        if (group is [var module])
        {
            _cache.Keep(KeyOf(module, example), loss);
        }
    }

    Probe KeyOf(int module, int example) => new(_baseKey, _modules[module].Digest, _modules[module].Config.Scaling, _exampleKeys[example]);

    static string KeyOf(int[] input, int[] target) => Convert.ToHexString(SHA256.HashData(MemoryMarshal.AsBytes([input.Length, .. input, .. target.AsSpan()])));
}
