namespace LoraHub.Core.Optimization;

/// <summary>
/// Which of the told points is best, by nevergrad's rule (<c>current_bests["minimum"]</c>): of equal values the one told last; but when
/// the best point itself is told again, the earliest-known point of the smallest value.
/// </summary>
sealed class BestRecord
{
    readonly List<Recommendation> points = [];
    int best;

    public int Count { get; private set; }

    public Recommendation Best => points.Count > 0 ? points[best] : throw new InvalidOperationException("Nothing has been told yet.");

    public void Add(double[] weights, double value)
    {
        var told = new Recommendation(weights, value, Count++);
        var known = points.FindIndex(point => point.Weights.AsSpan().SequenceEqual(weights));
        if (known < 0)
        {
            known = points.Count;
            points.Add(told);
        }
        else
        {
            points[known] = value <= points[known].Value ? told : points[known];
            if (known == best)
            {
                best = points.IndexOf(points.MinBy(point => point.Value)!);
                return;
            }
        }

        best = points[known].Value <= points[best].Value ? known : best;
    }
}
