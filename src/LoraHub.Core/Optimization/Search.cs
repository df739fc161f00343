namespace LoraHub.Core.Optimization;

/// <summary>One evaluation of the objective, as it happened.</summary>
/// <param name="Index">Counted from 0; evaluation 0 is w = 0.</param>
/// <param name="Value">What the objective returned, NaN and infinities included.</param>
/// <param name="Best">The smallest value so far, this one included; NaN while there is none below <see cref="WorstValue"/>.</param>
public sealed record Evaluation(int Index, double[] Weights, double Value, double Best)
{
    /// <summary>What NaN, infinity and anything larger count as in a search (nevergrad's limit).</summary>
    public const double WorstValue = 5e20;

    /// <summary>Whether this value can be compared with others at all.</summary>
    public static bool IsUsable(double value) => value < WorstValue;
}

/// <summary>How a search ended.</summary>
/// <param name="Recommendation">The best point, never worse than w = 0; its value is as the objective returned it.</param>
/// <param name="ZeroValue">The objective at w = 0, as it returned it.</param>
/// <param name="Evaluations">How often the objective was evaluated.</param>
public sealed record SearchResult(Recommendation Recommendation, double ZeroValue, int Evaluations)
{
    /// <summary>False when no evaluation gave a usable value: then w = 0 is recommended for want of anything known to be better.</summary>
    public bool Succeeded => Evaluation.IsUsable(Recommendation.Value);
}

/// <summary>The loop that every optimiser runs in.</summary>
public static class Search
{
    /// <summary>Evaluates what the optimiser asks for until it asks no more.</summary>
    /// <param name="objective">The values of points, as many at once as do not depend on each other.</param>
    /// <param name="evaluated">Called after each evaluation, in order.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled before an evaluation that was still to come.</exception>
    /// <exception cref="InvalidOperationException">The optimiser did not begin at w = 0.</exception>
    public static SearchResult Minimize(
        IOptimizer optimizer,
        Func<IReadOnlyList<double[]>, IReadOnlyList<double>> objective,
        Action<Evaluation>? evaluated = null,
        CancellationToken cancellationToken = default)
    {
        Evaluation? zero = null;
        var (count, best) = (0, double.NaN);
        var values = new Queue<double>(); // of the points that come next
        while (optimizer.Ask() is { } weights)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!values.TryDequeue(out var value))
            {
                values = new Queue<double>(objective([weights.ToArray(), .. optimizer.Ahead]));
                value = values.Dequeue();
            }

            optimizer.Tell(value);

            // Written so that NaN, the best of nothing, gives way to any usable value.
            best = Evaluation.IsUsable(value) && !(best <= value) ? value : best;
            var evaluation = new Evaluation(count++, weights, value, best);
            zero ??= evaluation;
            evaluated?.Invoke(evaluation);
        }

        return zero is not null && !zero.Weights.AsSpan().ContainsAnyExcept(0.0)
            ? new SearchResult(AtLeastZero(optimizer.Recommend(), zero), zero.Value, count)
            : throw new InvalidOperationException("An optimizer must begin at w = 0.");
    }

    /// <inheritdoc cref="Minimize(IOptimizer, Func{IReadOnlyList{double[]}, IReadOnlyList{double}}, Action{Evaluation}?, CancellationToken)"/>
    /// <param name="objective">The value of a point.</param>
    public static SearchResult Minimize(
        IOptimizer optimizer,
        Func<double[], double> objective,
        Action<Evaluation>? evaluated = null,
        CancellationToken cancellationToken = default) =>
        Minimize(optimizer, points => [.. points.Select(objective)], evaluated, cancellationToken);

    static Recommendation AtLeastZero(Recommendation recommendation, Evaluation zero) =>
        !Evaluation.IsUsable(recommendation.Value) || recommendation.Value > zero.Value
            ? new Recommendation(zero.Weights, zero.Value, zero.Index)
            : recommendation;
}
