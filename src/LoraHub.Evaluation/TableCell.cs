using System.Text.Json.Serialization;

namespace LoraHub.Evaluation;

/// <summary>The results of one column on one task.</summary>
/// <param name="AccuracyByDraw">For each draw of the examples that has a result, the accuracy by seed, in percent.</param>
public sealed record TableCell(IReadOnlyDictionary<int, IReadOnlyDictionary<string, double>> AccuracyByDraw)
{
    /// <summary>Over the draws, each of them over the seeds that succeeded; null when none did.</summary>
    public double? Mean => Statistics.Mean(ByDraw.Values.Cast<double?>());

    /// <summary>The population's standard deviation over the seeds of a draw, averaged over the draws; null when none has two seeds.</summary>
    public double? SpreadOverSeeds => Statistics.Mean(
        AccuracyByDraw.Values.Select(bySeed => Statistics.PopulationDeviation([.. bySeed.Values])));

    /// <summary>The standard deviation (n − 1) over the draws; null when there are fewer than two.</summary>
    public double? SpreadOverDraws => Statistics.Variance([.. ByDraw.Values]) is { } variance ? Math.Sqrt(variance) : null;

    /// <summary>The mean over the seeds of each draw.</summary>
    [JsonIgnore]
    public IReadOnlyDictionary<int, double> ByDraw { get; } = AccuracyByDraw.ToDictionary(pair => pair.Key, pair => pair.Value.Values.Average());

    /// <summary>The difference for each draw that both have.</summary>
    public double[] Minus(IReadOnlyDictionary<int, double> other) =>
        [.. ByDraw.Where(pair => other.ContainsKey(pair.Key)).Select(pair => pair.Value - other[pair.Key])];
}

/// <summary>The results of all columns on one task.</summary>
/// <param name="Tests">The number of its test lines.</param>
/// <param name="ZeroShotByDraw">In percent, for each draw of the examples: each is tested on other lines.</param>
/// <param name="Methods">By the column's name, in the table's order.</param>
public sealed record TableTask(
    string Task, string Sha256, int Tests, IReadOnlyDictionary<int, double> ZeroShotByDraw, IReadOnlyDictionary<string, TableCell> Methods)
{
    /// <summary>The mean over the draws; null when no prediction succeeded.</summary>
    public double? ZeroShot => Statistics.Mean(ZeroShotByDraw.Values.Cast<double?>());

    /// <summary>The mean over the seeds of each draw, of a column or of <c>zero-shot</c>.</summary>
    public IReadOnlyDictionary<int, double> ByDraw(string column) =>
        column == EvaluationMethod.ZeroShotName ? ZeroShotByDraw : Methods[column].ByDraw;
}
