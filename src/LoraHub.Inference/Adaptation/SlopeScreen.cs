using LoraHub.Core.Predictions;
using LoraHub.Formats.Adapters;
using LoraHub.Inference.Gradients;
using LoraHub.Inference.Lora;
using LoraHub.Inference.Models;
using LoraHub.Modules.Versions;

using static TorchSharp.torch;

namespace LoraHub.Inference.Adaptation;

/// <summary>
/// Ranks a pool of any size by slopes: how steeply the loss on the examples changes with a module's weight at w = 0, divided by the norm of its
/// update. One backward pass of the base model gives the slopes of all. Modules are read one after another, and only those that stay
/// are kept in memory. Owns its leases.
/// </summary>
/// <param name="pool">The candidates and the digests of their versions.</param>
/// <param name="rent">Loads a module.</param>
/// <param name="cache">Known slopes; the screen adds to it.</param>
sealed class SlopeScreen(
    BaseModel model,
    IReadOnlyList<(ModuleVersion Info, string Digest)> pool,
    Func<ModuleVersion, LeasedCache<LoraModule>.Lease> rent,
    ProbeCache cache,
    CancellationToken cancellationToken) : IDisposable
{
    /// <summary>In evaluations: about the time of a forward and a backward pass.</summary>
    public const int Cost = 3;

    readonly List<LeasedCache<LoraModule>.Lease> _leases = [];

    /// <summary>The modules with the lowest slopes, steepest first. They stay loaded until this is disposed.</summary>
    /// <param name="inputs">Token ids of the examples.</param>
    /// <param name="targets">Token ids of their targets.</param>
    /// <param name="log">Null for no log.</param>
    /// <exception cref="OperationCanceledException">Checked before each module.</exception>
    public IReadOnlyList<LoraModule> Steepest(IReadOnlyList<int[]> inputs, IReadOnlyList<int[]> targets, SearchLog? log)
    {
        var slopes = Slopes(inputs, targets, change: null, log);
        var kept = new List<LoraModule>();
        foreach (var place in Lowest(slopes))
        {
            _leases.Add(rent(pool[place].Info));
            kept.Add(_leases[^1].Value);
        }

        log?.Ranked([.. pool.Zip(slopes, (module, slope) => new TracedSlope(module.Info.Id, double.IsFinite(slope) ? slope : null))], kept);
        return kept;
    }

    /// <summary>The same with random directions in place of each module's. The caller disposes the modules.</summary>
    /// <param name="seed">Plus its place in the pool, each module's own seed.</param>
    public IReadOnlyList<LoraModule> SteepestRandom(IReadOnlyList<int[]> inputs, IReadOnlyList<int[]> targets, long seed)
    {
        var slopes = Slopes(inputs, targets, (module, place) => module.WithRandomDirections(seed + place), log: null);
        return [.. Lowest(slopes).Select(place =>
        {
            using var lease = rent(pool[place].Info);
            return lease.Value.WithRandomDirections(seed + place);
        })];
    }

    public void Dispose() => _leases.ForEach(lease => lease.Dispose());

    /// <summary>Places in the pool; those before others win where slopes are equal, and a slope that is not a number is the highest.</summary>
    static IEnumerable<int> Lowest(double[] slopes) => Enumerable.Range(0, slopes.Length)
        .OrderBy(place => double.IsFinite(slopes[place]) ? slopes[place] : double.MaxValue).Take(ModuleSearch.Kept);

    double[] Slopes(
        IReadOnlyList<int[]> inputs, IReadOnlyList<int[]> targets, Func<LoraModule, int, LoraModule>? change, SearchLog? log)
    {
        using var scope = NewDisposeScope();
        var examples = ModuleProbes.KeyOf(inputs, targets);
        var layers = pool.SelectMany(module => AdapterLayout.LayersOf(module.Info.Layout)).Distinct(StringComparer.Ordinal);
        var gradients = new Lazy<UpdateGradients>(() => Gradients(model, layers, inputs, targets, cancellationToken));
        var slopes = new double[pool.Count];
        try
        {
            for (var place = 0; place < slopes.Length; place++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                slopes[place] = change is null ? Known(place) : SlopeOf(place);
                log?.Ranking(place + 1, slopes.Length);
            }
        }
        finally
        {
            if (gradients.IsValueCreated)
            {
                gradients.Value.Dispose();
            }
        }

        return slopes;

        double Known(int place)
        {
            var key = new Probe($"slope|{ModuleProbes.KeyOf(model)}", pool[place].Digest, Scaling: 0, examples);
            if (cache.Find(key) is not { } slope)
            {
                slope = SlopeOf(place);
                cache.Keep(key, slope);
            }

            return slope;
        }

        double SlopeOf(int place)
        {
            using var lease = rent(pool[place].Info);
            if (change is null)
            {
                return Slope(lease.Value);
            }

            using var changed = change(lease.Value, place);
            return Slope(changed);
        }

        // Divided by the update's norm: the search finds the size, and a large module must not win by it.
        double Slope(LoraModule module) => gradients.Value.Along(module) / UpdateGradients.NormOf(module);
    }

    /// <summary>The gradients of the base model's mean token loss, by one backward pass. The caller disposes them.</summary>
    /// <exception cref="PredictionException">The loss is not finite.</exception>
    internal static UpdateGradients Gradients(
        BaseModel model, IEnumerable<string> layers, IReadOnlyList<int[]> inputs, IReadOnlyList<int[]> targets, CancellationToken cancellationToken)
    {
        using var scope = NewDisposeScope();
        var gradients = new UpdateGradients(model.Model, layers);
        try
        {
            using var none = new LoraFactors(AdapterLayout.Of([]), zeros(0, model.Model.StreamType, model.Model.Device), FewShotTuning.Scope);
            using var step = new StepGradient(model.Model, none, hasDropout: false, updates: gradients);
            var loss = step.Backward(FewShotTuning.Rows(model.Model, inputs, targets), dropout: null, cancellationToken);
            return double.IsFinite(loss)
                ? gradients
                : throw new PredictionException("The base model's loss on the examples is not finite, so results cannot be compared with it.");
        }
        catch
        {
            gradients.Dispose();
            throw;
        }
    }
}
