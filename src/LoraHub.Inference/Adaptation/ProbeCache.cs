namespace LoraHub.Inference.Adaptation;

/// <summary>One module alone, at w = 1, on some examples that are evaluated together.</summary>
/// <param name="Base">Identifies the base model, its dtype and its device.</param>
/// <param name="Module">Identifies the module's numbers.</param>
/// <param name="Examples">Identifies the examples' tokens.</param>
sealed record Probe(string Base, string Module, double Scaling, string Examples);

/// <summary>
/// Caches the losses of single modules on examples for later predictions on the same examples. A full cache is cleared. Thread-safe.
/// </summary>
/// <param name="most">The most probes kept; each takes about half a kilobyte.</param>
sealed class ProbeCache(int most = 100_000)
{
    readonly Lock _lock = new();
    readonly Dictionary<Probe, double> _losses = [];

    /// <returns>Mean loss of the target tokens, or null when it is not cached.</returns>
    public double? Find(Probe probe)
    {
        lock (_lock)
        {
            return _losses.TryGetValue(probe, out var loss) ? loss : null;
        }
    }

    public void Keep(Probe probe, double loss)
    {
        lock (_lock)
        {
            if (_losses.Count >= most)
            {
                _losses.Clear();
            }

            _losses[probe] = loss;
        }
    }
}
