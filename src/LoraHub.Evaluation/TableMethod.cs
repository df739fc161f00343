using System.Text.Json.Nodes;

namespace LoraHub.Evaluation;

/// <summary>The results of a column on all tasks: those of a method, or of one of its controls.</summary>
public sealed record TableMethod
{
    /// <summary>What a gradient step counts as: a forward and a backward pass over the examples take 2.5 to 3.3 times an evaluation's time.</summary>
    public const int EvaluationsOfStep = 3;

    // Accuracies are sums of hundredths of a task's lines; below this, a difference is rounding.
    const double Rounding = 1e-9;

    /// <summary>The name of the column.</summary>
    public required string Method { get; init; }

    /// <summary>Whether the column is a control of a method.</summary>
    public required bool IsControl { get; init; }

    /// <summary>The inputs that all predictions of the method share, without the tasks' texts.</summary>
    public required JsonObject Inputs { get; init; }

    /// <summary>The maximum number of evaluations in a prediction's search.</summary>
    public required int Budget { get; init; }

    /// <summary>The mean of the tasks' means, over the tasks that have one.</summary>
    public double? Mean { get; init; }

    /// <summary>The same over the tasks number 2, 4, 6 … in the table's order.</summary>
    public double? Even { get; init; }

    /// <summary>The same over the tasks number 1, 3, 5 … in the table's order.</summary>
    public double? Odd { get; init; }

    /// <summary>The mean of the tasks' standard deviations over the seeds (of a population).</summary>
    public double? SpreadOverSeeds { get; init; }

    /// <summary>
    /// The standard deviation (n − 1) over the draws of the examples, of the mean over those tasks that have a result for every draw.
    /// </summary>
    public double? SpreadOverDraws { get; init; }

    /// <summary>The difference from the method of <c>--against</c>; null for that method itself.</summary>
    public PairedDifference? Difference { get; init; }

    /// <summary>The tasks whose mean is below that of the base model alone.</summary>
    public required IReadOnlyList<string> TasksBelowZeroShot { get; init; }

    /// <summary>The number of pairs of a task and a draw whose accuracy is below that of the base model alone.</summary>
    public required int TaskDrawsBelowZeroShot { get; init; }

    /// <summary>
    /// The mean number of evaluations in a prediction, with <see cref="EvaluationsOfStep"/> for each gradient step; null for a control.
    /// </summary>
    public double? Evaluations { get; init; }

    /// <summary>The mean duration of a prediction, with its controls; null for a control.</summary>
    public double? Seconds { get; init; }

    /// <summary>The number of predictions without a result.</summary>
    public int Failed { get; init; }

    /// <summary>Whether the accuracy is below zero-shot by more than rounding.</summary>
    public static bool IsBelow(double difference) => difference < -Rounding;
}
