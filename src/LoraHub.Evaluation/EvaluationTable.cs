using System.Text.Json;
using System.Text.Json.Nodes;
using LoraHub.Core.Json;

namespace LoraHub.Evaluation;

/// <summary>The results of a method on one task.</summary>
/// <param name="Mean">Over the seeds that succeeded, in percent; null when none did.</param>
/// <param name="Spread">The population's standard deviation over those seeds; null when there are fewer than two.</param>
public sealed record TableCell(double? Mean, double? Spread, IReadOnlyDictionary<string, double> AccuracyBySeed);

/// <param name="ZeroShot">In percent; null when no prediction succeeded.</param>
/// <param name="Methods">By name, in the table's order.</param>
public sealed record TableTask(string Task, string Sha256, int Tests, double? ZeroShot, IReadOnlyDictionary<string, TableCell> Methods);

/// <summary>The results of a method on all tasks.</summary>
/// <param name="Inputs">The inputs that all its predictions share, without the tasks' texts.</param>
/// <param name="Budget">The maximum number of evaluations in a prediction.</param>
/// <param name="Mean">The mean of the tasks' means, over the tasks that have one.</param>
/// <param name="Spread">The mean of the tasks' standard deviations of accuracy over the seeds.</param>
/// <param name="Evaluations">The mean number of evaluations of the objective in a prediction.</param>
/// <param name="Seconds">The mean duration of a prediction.</param>
public sealed record TableMethod(
    string Method, JsonObject Inputs, int Budget, double? Mean, double? Spread, double? Evaluations, double? Seconds, int Failed);

/// <summary>A prediction without a result.</summary>
public sealed record TableFailure(string Task, string Method, long? Seed, string Error);

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

    /// <summary>Without zero-shot, which has its own column.</summary>
    public required IReadOnlyList<TableMethod> Methods { get; init; }

    public required IReadOnlyList<TableTask> Tasks { get; init; }

    /// <summary>The mean of the tasks' zero-shot accuracies.</summary>
    public double? ZeroShot { get; init; }

    public required IReadOnlyList<TableFailure> Failures { get; init; }

    /// <param name="results">Contains a result for every prediction of the plan.</param>
    public static EvaluationTable Of(EvaluationPlan plan, EvaluationSetting setting, EvaluationResults results, DateTimeOffset date)
    {
        var ended = plan.Predictions.Select(planned => (Planned: planned, Result: results.Find(planned.Key(setting))!)).ToArray();
        var methods = plan.Methods.Where(method => !method.IsZeroShot).ToArray();
        var tasks = plan.Tasks.Select(task => Row(task, methods, [.. ended.Where(one => one.Planned.Task == task)])).ToArray();
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
            Methods = [.. methods.Select(method => Column(method, tasks, [.. ended.Where(one => one.Planned.Method == method)]))],
            Tasks = tasks,
            ZeroShot = Mean(tasks.Select(task => task.ZeroShot)),
            Failures = [.. ended.Where(one => one.Result.Error is not null)
                .Select(one => new TableFailure(one.Planned.Task.Name, one.Planned.Method.Name, one.Planned.Seed, one.Result.Error!))],
        };
    }

    public string ToJson() => JsonSerializer.Serialize(this, Indented) + "\n";

    static TableTask Row(EvaluationTask task, EvaluationMethod[] methods, (PlannedPrediction Planned, EvaluationResult Result)[] ended) => new(
        task.Name,
        task.Digest,
        task.Tests.Count,
        ended.OrderByDescending(one => one.Planned.Method.IsZeroShot)
            .Select(one => one.Result.Accuracy?.ZeroShot)
            .FirstOrDefault(accuracy => accuracy is not null),
        methods.ToDictionary(method => method.Name, method => Cell([.. ended.Where(one => one.Planned.Method == method).Select(one => one.Result)])));

    static TableCell Cell(EvaluationResult[] results)
    {
        var bySeed = results.Where(result => result.Accuracy is not null)
            .ToDictionary(result => $"{result.Seed}", result => result.Accuracy!.Adapted);
        var mean = Mean(bySeed.Values.Cast<double?>());
        double? spread = bySeed.Count < 2 ? null : Math.Sqrt(bySeed.Values.Average(value => (value - mean!.Value) * (value - mean.Value)));
        return new TableCell(mean, spread, bySeed);
    }

    static TableMethod Column(EvaluationMethod method, TableTask[] tasks, (PlannedPrediction Planned, EvaluationResult Result)[] ended)
    {
        var succeeded = ended.Select(one => one.Result).Where(result => result.Error is null).ToArray();
        return new TableMethod(
            method.Name,
            Shared([.. ended.Select(one => one.Planned.Inputs)]),
            ended.Max(one => one.Planned.Budget),
            Mean(tasks.Select(task => task.Methods[method.Name].Mean)),
            Mean(tasks.Select(task => task.Methods[method.Name].Spread)),
            Mean(succeeded.Select(result => (double?)result.Loss?.Evaluations)),
            Mean(succeeded.Select(result => (double?)result.Seconds)),
            ended.Length - succeeded.Length);
    }

    /// <summary>Omits the inputs that differ between seeds: the modules of given draws.</summary>
    static JsonObject Shared(JsonObject[] inputs) => new(inputs[0]
        .Where(pair => inputs.All(other => JsonNode.DeepEquals(other[pair.Key], pair.Value)))
        .Select(pair => KeyValuePair.Create(pair.Key, pair.Value?.DeepClone())));

    static double? Mean(IEnumerable<double?> values) => values.Average(); // null without values
}
