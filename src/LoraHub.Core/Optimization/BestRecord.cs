namespace LoraHub.Core.Optimization;

/// <summary>
/// Keeps the best evaluated point by nevergrad's rule (<c>current_bests["minimum"]</c>): of equal values the last one; but when the best
/// point itself is evaluated again, the earliest point with the smallest value.
/// </summary>
sealed class BestRecord
{
    readonly List<Recommendation> _points = [];
    int _best;

    public int Count { get; private set; }

    public Recommendation Best => _points.Count > 0 ? _points[_best] : throw new InvalidOperationException("Nothing has been told yet.");

    public void Add(double[] weights, double value)
    {
        var told = new Recommendation(weights, value, Count++);
        var known = _points.FindIndex(point => point.Weights.AsSpan().SequenceEqual(weights));
        if (known < 0)
        {
            known = _points.Count;
            _points.Add(told);
        }
        else
        {
            _points[known] = value <= _points[known].Value ? told : _points[known];
            if (known == _best)
            {
                _best = _points.IndexOf(_points.MinBy(point => point.Value)!);
                return;
            }
        }

        _best = _points[known].Value <= _points[_best].Value ? known : _best;
    }
}
