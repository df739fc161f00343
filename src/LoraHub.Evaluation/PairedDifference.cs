namespace LoraHub.Evaluation;

/// <summary>The difference of one method from another on the same tasks and the same draws of their examples, in points of exact match.</summary>
/// <param name="Mean">The mean over the tasks of each task's mean over its draws.</param>
/// <param name="ErrorOverTasks">
/// The standard error if the tasks are a sample of all tasks: the standard deviation of the tasks' differences (n − 1), divided by √n. Null below
/// two tasks.
/// </param>
/// <param name="ErrorOverDraws">
/// The standard error if the tasks are fixed and only the draws of their examples are a sample: √(Σ sᵢ²/dᵢ)/n, with sᵢ² the variance (dᵢ − 1) of
/// task i over its dᵢ draws. Null if a task has fewer than two draws.
/// </param>
/// <param name="WorstTask">The task with the lowest difference, in its mean over the draws.</param>
/// <param name="Worst">That difference.</param>
public sealed record PairedDifference(double Mean, double? ErrorOverTasks, double? ErrorOverDraws, string WorstTask, double Worst)
{
    /// <param name="byTask">For each task its differences, one for each draw. Tasks without any are left out.</param>
    /// <returns>Null without a difference.</returns>
    public static PairedDifference? Of(IEnumerable<(string Task, IReadOnlyCollection<double> Differences)> byTask)
    {
        var tasks = byTask.Where(task => task.Differences.Count > 0).ToArray();
        if (tasks.Length == 0)
        {
            return null;
        }

        var means = tasks.Select(task => task.Differences.Average()).ToArray();
        var (worst, index) = means.Select((mean, i) => (mean, i)).Min();
        var squares = tasks.Select(task => Statistics.Variance(task.Differences) / task.Differences.Count).ToArray();
        return new PairedDifference(
            means.Average(),
            Statistics.Variance(means) is { } variance ? Math.Sqrt(variance / means.Length) : null,
            squares.All(square => square is not null) ? Math.Sqrt(squares.Sum()!.Value) / tasks.Length : null,
            tasks[index].Task,
            worst);
    }
}
