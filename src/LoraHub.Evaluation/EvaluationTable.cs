using System.Text.Json;
using LoraHub.Core.Json;

namespace LoraHub.Evaluation;

/// <summary>A prediction without a result.</summary>
/// <param name="Draw">The draw of the task's examples.</param>
public sealed record TableFailure(string Task, int Draw, string Method, long? Seed, string Error);

/// <summary>The results of an evaluation: one row for each task, one column for each method. Its JSON is <c>table.json</c>.</summary>
public sealed record EvaluationTable
{
    static readonly JsonSerializerOptions Indented = new(WireJson.Options) { WriteIndented = true };

    public required DateTimeOffset Date { get; init; }

    public required string Base { get; init; }

    public required string BaseSha256 { get; init; }

    public required int Pool { get; init; }

    /// <inheritdoc cref="EvaluationSetting" path="/param[@name='OfOneShape']"/>
    public required int PoolOfOneShape { get; init; }

    public required string PoolSha256 { get; init; }

    public required string Machine { get; init; }

    /// <summary>The version of the program.</summary>
    public required string Program { get; init; }

    public required IReadOnlyList<long> Seeds { get; init; }

    /// <inheritdoc cref="EvaluationPlan" path="/param[@name='Draws']"/>
    public string? Draws { get; init; }

    /// <summary>The number of draws of the tasks' examples.</summary>
    public required int ExampleDraws { get; init; }

    /// <inheritdoc cref="EvaluationPlan.Against"/>
    public string? Against { get; init; }

    /// <summary>A method, then its controls. Without zero-shot, which has its own column.</summary>
    public required IReadOnlyList<TableMethod> Methods { get; init; }

    public required IReadOnlyList<TableTask> Tasks { get; init; }

    /// <summary>The mean of the tasks' zero-shot accuracies.</summary>
    public double? ZeroShot { get; init; }

    public required IReadOnlyList<TableFailure> Failures { get; init; }

    /// <param name="results">Contains a result for every prediction of the plan.</param>
    public static EvaluationTable Of(EvaluationPlan plan, EvaluationSetting setting, EvaluationResults results, DateTimeOffset date)
    {
        var ended = plan.Predictions.Select(planned => new EndedPrediction(planned, results.Find(planned.Key(setting))!)).ToArray();
        var byMethod = ended.ToLookup(one => one.Planned.Method);
        TableColumn[] columns = [.. plan.Methods.Where(method => !method.IsZeroShot)
            .SelectMany(method => TableColumn.Of(method, byMethod[method].Select(one => one.Result)))];
        var tasks = ended.GroupBy(one => one.Planned.Task.Name, StringComparer.Ordinal)
            .Select(task => Row(task.First().Planned.Task, columns, [.. task])).ToArray();
        return new EvaluationTable
        {
            Date = date,
            Base = setting.BaseModel,
            BaseSha256 = setting.Conditions.BaseDigest,
            Pool = setting.Pool,
            PoolOfOneShape = setting.OfOneShape,
            PoolSha256 = setting.Conditions.PoolDigest,
            Machine = setting.Conditions.Machine,
            Program = setting.Conditions.Program,
            Seeds = plan.Seeds,
            Draws = plan.Draws,
            ExampleDraws = plan.ExampleDraws,
            Against = plan.Against,
            Methods = [.. columns.Select(column => column.Sum(tasks, plan.Against, [.. byMethod[column.Method]]))],
            Tasks = tasks,
            ZeroShot = Statistics.Mean(tasks.Select(task => task.ZeroShot)),
            Failures = [.. ended.Where(one => one.Result.Error is not null)
                .Select(one => new TableFailure(
                    one.Planned.Task.Name, one.Planned.Task.Draw, one.Planned.Method.Name, one.Planned.Seed, one.Result.Error!))],
        };
    }

    public string ToJson() => JsonSerializer.Serialize(this, Indented) + "\n";

    /// <param name="ended">All predictions of the task.</param>
    static TableTask Row(EvaluationTask task, TableColumn[] columns, EndedPrediction[] ended) => new(
        task.Name,
        task.Digest,
        task.Tests.Count,
        ended.OrderByDescending(one => one.Planned.Method.IsZeroShot)
            .Where(one => one.Result.Accuracy is not null)
            .GroupBy(one => one.Planned.Task.Draw)
            .ToDictionary(draw => draw.Key, draw => draw.First().Result.Accuracy!.ZeroShot),
        columns.ToDictionary(column => column.Name, column => column.Cell(ended)));
}
