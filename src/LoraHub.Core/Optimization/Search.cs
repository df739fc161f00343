namespace LoraHub.Core.Optimization;

/// <summary>One evaluation of the objective.</summary>
/// <param name="Index">Counted from 0; evaluation 0 is w = 0.</param>
/// <param name="Value">What the objective returned, NaN and infinities included.</param>
/// <param name="Best">The smallest value so far, including this one; NaN until one is below <see cref="WorstValue"/>.</param>
public sealed record Evaluation(int Index, double[] Weights, double Value, double Best)
{
    /// <summary>The value that NaN, infinity and anything larger count as in a search (nevergrad's limit).</summary>
    public const double WorstValue = 5e20;

    /// <summary>Whether the value can be compared with others.</summary>
    public static bool IsUsable(double value) => value < WorstValue;
}

/// <summary>The result of a search.</summary>
/// <param name="Recommendation">The best point, never worse than w = 0; its value is as the objective returned it.</param>
/// <param name="ZeroValue">The objective at w = 0, as it returned it.</param>
/// <param name="Evaluations">Number of evaluations of the objective.</param>
public sealed record SearchResult(Recommendation Recommendation, double ZeroValue, int Evaluations)
{
    /// <summary>False when no evaluation gave a usable value; then w = 0 is recommended.</summary>
    public bool Succeeded => Evaluation.IsUsable(Recommendation.Value);
}

/// <summary>The loop that runs every optimizer.</summary>
public static class Search
{
    /// <summary>Evaluates the optimizer's points until it has no more.</summary>
    /// <param name="objective">Returns the values of points; independent points come together.</param>
    /// <param name="evaluated">Called after each evaluation, in order.</param>
    /// <exception cref="OperationCanceledException">Canceled; checked before each evaluation.</exception>
    /// <exception cref="InvalidOperationException">The optimizer did not start at w = 0.</exception>
    public static SearchResult Minimize(
        IOptimizer optimizer,
        Func<IReadOnlyList<double[]>, IReadOnlyList<double>> objective,
        Action<Evaluation>? evaluated = null,
        CancellationToken cancellationToken = default)
    {
        Evaluation? zero = null;
        var (count, best) = (0, double.NaN);
        var values = new Queue<double>(); // of the next points
        while (optimizer.Ask() is { } weights)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!values.TryDequeue(out var value))
            {
                values = new Queue<double>(objective([weights.ToArray(), .. optimizer.Ahead]));
                value = values.Dequeue();
            }

            optimizer.Tell(value);

            // Written so that any usable value replaces NaN.
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
    /// <param name="objective">Returns the value of a point.</param>
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
