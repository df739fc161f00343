namespace LoraHub.Evaluation;

/// <summary>Means and deviations of few numbers; null where there are too few.</summary>
static class Statistics
{
    /// <returns>Null without values.</returns>
    public static double? Mean(IEnumerable<double?> values) => values.Average();

    /// <summary>The standard deviation of the values themselves, divided by n; null below two.</summary>
    public static double? PopulationDeviation(IReadOnlyCollection<double> values) =>
        values.Count < 2 ? null : Math.Sqrt(SquaresAroundMean(values) / values.Count);

    /// <summary>The unbiased variance of what the values are drawn from, divided by n − 1; null below two.</summary>
    public static double? Variance(IReadOnlyCollection<double> values) =>
        values.Count < 2 ? null : SquaresAroundMean(values) / (values.Count - 1);

    static double SquaresAroundMean(IReadOnlyCollection<double> values)
    {
        var mean = values.Average();
        return values.Sum(value => (value - mean) * (value - mean));
    }
}
