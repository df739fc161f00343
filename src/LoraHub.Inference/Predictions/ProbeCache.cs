namespace LoraHub.Inference.Predictions;

/// <summary>One module alone, at w = 1, on some examples that are evaluated together.</summary>
/// <param name="Base">Tells the base model, its dtype and its device.</param>
/// <param name="Module">Tells the module's numbers.</param>
/// <param name="Examples">Tells the examples' tokens.</param>
sealed record Probe(string Base, string Module, double Scaling, string Examples);

/// <summary>What modules alone cost examples, so that the next prediction on the same examples pays nothing for it. When it is full it starts anew. Safe for several threads.</summary>
/// <param name="most">So many probes are kept; each takes about half a kilobyte.</param>
sealed class ProbeCache(int most = 100_000)
{
    readonly Lock _lock = new();
    readonly Dictionary<Probe, double> _losses = [];

    /// <returns>Mean loss of the target tokens, or null when it is not known.</returns>
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
