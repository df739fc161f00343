using System.Text.Json.Nodes;

namespace LoraHub.Evaluation;

/// <summary>A planned prediction and its result.</summary>
sealed record EndedPrediction(PlannedPrediction Planned, EvaluationResult Result);

/// <summary>A column of the table: a method, or one of its controls.</summary>
/// <param name="Control">The control's name in the results, or null for the method itself.</param>
sealed record TableColumn(EvaluationMethod Method, string? Control)
{
    public string Name => Control is null ? Method.Name : $"{Method.Name} · {Control.Replace('_', ' ')}";

    /// <summary>The method's column, and one for each control that its results have.</summary>
    public static IEnumerable<TableColumn> Of(EvaluationMethod method, IEnumerable<EvaluationResult> results) =>
        results.SelectMany(result => result.Controls?.Keys ?? []).Distinct(StringComparer.Ordinal)
            .Select(control => new TableColumn(method, control)).Prepend(new TableColumn(method, null));

    /// <param name="ended">All predictions of one task.</param>
    public TableCell Cell(IEnumerable<EndedPrediction> ended) => new(ended
        .Where(one => one.Planned.Method == Method && Accuracy(one.Result) is not null)
        .GroupBy(one => one.Planned.Task.Draw)
        .ToDictionary(
            draw => draw.Key,
            draw => (IReadOnlyDictionary<string, double>)draw.ToDictionary(one => $"{one.Planned.Seed}", one => Accuracy(one.Result)!.Value)));

    /// <param name="against">The column that this one is compared with, or null.</param>
    /// <param name="ended">All predictions of the method.</param>
    public TableMethod Sum(IReadOnlyList<TableTask> tasks, string? against, IReadOnlyList<EndedPrediction> ended)
    {
        TableCell[] cells = [.. tasks.Select(task => task.Methods[Name])];
        var succeeded = ended.Select(one => one.Result).Where(result => result.Error is null).ToArray();
        return new TableMethod
        {
            Method = Name,
            IsControl = Control is not null,
            Inputs = Shared([.. ended.Select(one => one.Planned.Inputs)]),
            Budget = ended.Max(one => one.Planned.Budget),
            Mean = Statistics.Mean(cells.Select(cell => cell.Mean)),
            Odd = Statistics.Mean(cells.Where((_, i) => i % 2 == 0).Select(cell => cell.Mean)),
            Even = Statistics.Mean(cells.Where((_, i) => i % 2 == 1).Select(cell => cell.Mean)),
            SpreadOverSeeds = Statistics.Mean(cells.Select(cell => cell.SpreadOverSeeds)),
            SpreadOverDraws = SpreadOfMeans(cells),
            Difference = against is null || against == Name
                ? null
                : PairedDifference.Of(tasks.Zip(cells, (task, cell) => (task.Task, (IReadOnlyCollection<double>)cell.Minus(task.ByDraw(against))))),
            TasksBelowZeroShot = [.. tasks.Where((task, i) => cells[i].Minus(task.ZeroShotByDraw) is { Length: > 0 } differences
                && TableMethod.IsBelow(differences.Average())).Select(task => task.Task)],
            TaskDrawsBelowZeroShot = tasks.Zip(cells, (task, cell) => cell.Minus(task.ZeroShotByDraw).Count(TableMethod.IsBelow)).Sum(),
            Evaluations = Control is null ? Statistics.Mean(succeeded.Select(Evaluations)) : null,
            Seconds = Control is null ? Statistics.Mean(succeeded.Select(result => (double?)result.Seconds)) : null,
            Failed = Control is null ? ended.Count - succeeded.Length : 0,
        };
    }

    static double? Evaluations(EvaluationResult result) => result.Loss?.Evaluations + (TableMethod.EvaluationsOfStep * result.TuningSteps);

    double? Accuracy(EvaluationResult result) =>
        Control is null ? result.Accuracy?.Adapted
        : result.Controls is { } controls && controls.TryGetValue(Control, out var accuracy) ? accuracy
        : null;

    static double? SpreadOfMeans(TableCell[] cells)
    {
        var draws = cells.SelectMany(cell => cell.ByDraw.Keys).Distinct().ToArray();
        var complete = cells.Where(cell => cell.ByDraw.Count == draws.Length).ToArray();
        return complete.Length > 0 && Statistics.Variance([.. draws.Select(draw => complete.Average(cell => cell.ByDraw[draw]))]) is { } variance
            ? Math.Sqrt(variance)
            : null;
    }

    /// <summary>Omits the inputs that differ between seeds: the modules of given draws.</summary>
    static JsonObject Shared(JsonObject[] inputs) => new(inputs[0]
        .Where(pair => inputs.All(other => JsonNode.DeepEquals(other[pair.Key], pair.Value)))
        .Select(pair => KeyValuePair.Create(pair.Key, pair.Value?.DeepClone())));
}
