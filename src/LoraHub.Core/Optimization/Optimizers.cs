namespace LoraHub.Core.Optimization;

/// <summary>The optimizers a request can name.</summary>
public static class Optimizers
{
    /// <summary>The reference's optimizer; the default.</summary>
    public const string Default = "cobyla";

    /// <summary>Probes each module alone, then COBYLA on the best six.</summary>
    public const string ProbeCobyla = "probe_cobyla";

    /// <summary>The same with larger steps.</summary>
    public const string ProbeCobylaWide = "probe_cobyla_wide";

    static readonly OrderedDictionary<string, Func<OptimizerSettings, IOptimizer>> Known = new(StringComparer.Ordinal)
    {
        [Default] = settings => new Cobyla(settings),
        [ProbeCobyla] = settings => new ProbeCobyla(settings, refined: 6, step: 0.25),
        [ProbeCobylaWide] = settings => new ProbeCobyla(settings, refined: 6, step: 0.4),
    };

    /// <summary>Every name that <see cref="Create"/> accepts.</summary>
    public static IReadOnlyCollection<string> Names => Known.Keys;

    /// <summary>Creates the optimizer with this name.</summary>
    /// <exception cref="ArgumentException">The name is unknown, or a setting is out of range.</exception>
    public static IOptimizer Create(string name, OptimizerSettings settings)
    {
        if (settings is not { Dimension: >= 1, Budget: >= 1, Bound: > 0 and < double.PositiveInfinity })
        {
            throw new ArgumentException($"Dimension and budget must be at least 1, the bound positive and finite: {settings}.", nameof(settings));
        }

        return Known.TryGetValue(name, out var create)
            ? create(settings)
            : throw new ArgumentException($"There is no optimizer '{name}'. Known: {string.Join(", ", Names)}.", nameof(name));
    }
}
