using System.Text.Json;
using System.Text.Json.Nodes;
using LoraHub.Api.Http;

namespace LoraHub.Api.Evaluation;

/// <summary>A method on one task.</summary>
/// <param name="Mean">Over the seeds that succeeded, in percent; null when none did.</param>
/// <param name="Spread">The population's standard deviation over those seeds; null when there are fewer than two.</param>
sealed record TableCell(double? Mean, double? Spread, IReadOnlyDictionary<string, double> AccuracyBySeed);

/// <param name="ZeroShot">In percent, or null when nothing succeeded.</param>
/// <param name="Methods">By name, in the table's order.</param>
sealed record TableTask(string Task, string Sha256, int Tests, double? ZeroShot, IReadOnlyDictionary<string, TableCell> Methods);

/// <summary>A method on all tasks.</summary>
/// <param name="Inputs">Those that all its predictions have, beside the tasks' texts.</param>
/// <param name="Budget">The most evaluations that a prediction may take.</param>
/// <param name="Mean">Of the tasks' means, over the tasks that have one.</param>
/// <param name="Spread">Over seeds, of accuracy: the mean of the tasks' standard deviations.</param>
/// <param name="Evaluations">Of the objective; the mean of a prediction.</param>
/// <param name="Seconds">The mean of a prediction.</param>
sealed record TableMethod(string Method, JsonObject Inputs, int Budget, double? Mean, double? Spread, double? Evaluations, double? Seconds, int Failed);

/// <summary>A prediction without a result.</summary>
sealed record TableFailure(string Task, string Method, long? Seed, string Error);

/// <summary>An evaluation's end: a row a task, a column a method. As JSON it is <c>table.json</c>.</summary>
sealed record EvaluationTable
{
    static readonly JsonSerializerOptions Indented = new(WireJson.Options) { WriteIndented = true };

    public required DateTimeOffset Date { get; init; }

    public required string Base { get; init; }

    public required string BaseSha256 { get; init; }

    public required int Pool { get; init; }

    /// <inheritdoc cref="EvaluationSetting" path="/param[@name='OfOneShape']"/>
    public required int PoolOfOneShape { get; init; }

    public required string Machine { get; init; }

    public required IReadOnlyList<long> Seeds { get; init; }

    /// <inheritdoc cref="EvaluationPlan" path="/param[@name='Draws']"/>
    public string? Draws { get; init; }

    /// <summary>Without zero-shot, which has a column of its own.</summary>
    public required IReadOnlyList<TableMethod> Methods { get; init; }

    public required IReadOnlyList<TableTask> Tasks { get; init; }

    /// <summary>The mean of the tasks' zero-shot accuracies.</summary>
    public double? ZeroShot { get; init; }

    public required IReadOnlyList<TableFailure> Failures { get; init; }

    /// <param name="results">Holds one for every prediction of the plan.</param>
    public static EvaluationTable Of(EvaluationPlan plan, EvaluationSetting setting, EvaluationResults results, DateTimeOffset date)
    {
        var ended = plan.Predictions.Select(planned => (Planned: planned, Result: results.Find(planned.Key(setting))!)).ToArray();
        var methods = plan.Methods.Where(method => !method.IsZeroShot).ToArray();
        var tasks = plan.Tasks.Select(task => Row(task, methods, [.. ended.Where(one => one.Planned.Task == task)])).ToArray();
        return new EvaluationTable
        {
            Date = date,
            Base = setting.BaseModel,
            BaseSha256 = setting.BaseDigest,
            Pool = setting.Pool,
            PoolOfOneShape = setting.OfOneShape,
            Machine = setting.Machine,
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
        ended.OrderByDescending(one => one.Planned.Method.IsZeroShot).Select(one => one.Result.Accuracy?.ZeroShot).FirstOrDefault(accuracy => accuracy is not null),
        methods.ToDictionary(method => method.Name, method => Cell([.. ended.Where(one => one.Planned.Method == method).Select(one => one.Result)])));

    static TableCell Cell(EvaluationResult[] results)
    {
        var bySeed = results.Where(result => result.Accuracy is not null).ToDictionary(result => $"{result.Seed}", result => result.Accuracy!.Adapted);
        var mean = Mean(bySeed.Values.Cast<double?>());
        return new TableCell(mean, bySeed.Count < 2 ? null : Math.Sqrt(bySeed.Values.Average(value => (value - mean!.Value) * (value - mean.Value))), bySeed);
    }

    static TableMethod Column(EvaluationMethod method, TableTask[] tasks, (PlannedPrediction Planned, EvaluationResult Result)[] ended)
    {
        var succeeded = ended.Select(one => one.Result).Where(result => result.Error is null).ToArray();
        return new TableMethod(
            method.Name,
            InCommon([.. ended.Select(one => one.Planned.Inputs)]),
            ended.Max(one => one.Planned.Budget),
            Mean(tasks.Select(task => task.Methods[method.Name].Mean)),
            Mean(tasks.Select(task => task.Methods[method.Name].Spread)),
            Mean(succeeded.Select(result => (double?)result.Loss?.Evaluations)),
            Mean(succeeded.Select(result => (double?)result.Seconds)),
            ended.Length - succeeded.Length);
    }

    /// <summary>Without what differs from seed to seed: the modules of given draws.</summary>
    static JsonObject InCommon(JsonObject[] inputs) =>
        new(inputs[0].Where(pair => inputs.All(other => JsonNode.DeepEquals(other[pair.Key], pair.Value))).Select(pair => KeyValuePair.Create(pair.Key, pair.Value?.DeepClone())));

    static double? Mean(IEnumerable<double?> values) => values.Average(); // of no value there is none
}
