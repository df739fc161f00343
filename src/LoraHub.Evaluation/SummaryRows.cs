namespace LoraHub.Evaluation;

/// <summary>The rows below the tasks of a table: means, spreads, the comparison with one method, costs.</summary>
public static class SummaryRows
{
    /// <summary>A cell without a number.</summary>
    public const string None = "–";

    /// <summary>Each row has its name, an empty cell for the number of tests, zero-shot's cell, and a cell for each column.</summary>
    public static IReadOnlyList<IReadOnlyList<string>> Of(EvaluationTable table)
    {
        var against = table.Against;
        return
        [
            Row(table, $"mean of {table.Tasks.Count}", Percent(table.ZeroShot), method => Percent(method.Mean)),
            Row(table, "mean of the even tasks", Percent(ZeroShot(table, 1)), method => Percent(method.Even)),
            Row(table, "mean of the odd tasks", Percent(ZeroShot(table, 0)), method => Percent(method.Odd)),
            Row(table, "spread over seeds", None, method => Percent(method.SpreadOverSeeds)),
            .. Rows(table.ExampleDraws > 1, [Row(table, "spread over draws", None, method => Percent(method.SpreadOverDraws))]),
            .. Rows(against is not null,
            [
                Row(table, $"difference from {against}", None, method => Signed(method.Difference?.Mean)),
                Row(table, "its standard error over tasks", None, method => Percent(method.Difference?.ErrorOverTasks)),
            ]),
            .. Rows(against is not null && table.ExampleDraws > 1,
                [Row(table, "its standard error over task draws", None, method => Percent(method.Difference?.ErrorOverDraws))]),
            .. Rows(against is not null, [Row(table, $"worst task against {against}", None, Worst)]),
            Row(table, "tasks below zero-shot", None, method => $"{method.TasksBelowZeroShot.Count}"),
            .. Rows(table.ExampleDraws > 1,
                [Row(table, "task draws below zero-shot", None, method => $"{method.TaskDrawsBelowZeroShot}")]),
            Row(table, "evaluations", None, method => Percent(method.Evaluations)),
            Row(table, "seconds a prediction", None, method => method.Seconds is { } seconds ? $"{seconds:0.00}" : None),
        ];
    }

    /// <summary>What the rows mean: one sentence for each kind.</summary>
    public static IEnumerable<string> Notes(EvaluationTable table) =>
    [
        "Tasks count from 1 in the order of the table: the second is even.",
        $"Evaluations: a gradient step after the search counts as {TableMethod.EvaluationsOfStep}.",
        "Spread over seeds: the standard deviation over the seeds (of a population), averaged over the tasks.",
        .. Rows(table.ExampleDraws > 1,
        [
            "Spread over draws: the standard deviation (n − 1) of the mean of all tasks over the draws of the examples. "
                + "Draw 0 has the file's own.",
        ]),
        .. Rows(table.Against is not null,
        [
            "Difference: paired by task and draw. Its standard error over tasks asks what other tasks would give: the standard deviation of the "
                + "tasks' differences (n − 1), divided by √n.",
        ]),
        .. Rows(table.Against is not null && table.ExampleDraws > 1,
        [
            "The standard error over task draws asks what other examples of these same tasks would give: the root of the sum of each task's variance "
                + "over its draws (n − 1), divided by its number of draws, and all divided by the number of tasks.",
        ]),
    ];

    static T[] Rows<T>(bool isShown, T[] rows) => isShown ? rows : [];

    static IReadOnlyList<string> Row(EvaluationTable table, string name, string zeroShot, Func<TableMethod, string> cell) =>
        [name, "", zeroShot, .. table.Methods.Select(cell)];

    static double? ZeroShot(EvaluationTable table, int remainder) =>
        Statistics.Mean(table.Tasks.Where((_, i) => i % 2 == remainder).Select(task => task.ZeroShot));

    static string Worst(TableMethod method) =>
        method.Difference is { } difference ? $"{Signed(difference.Worst)} {difference.WorstTask}" : None;

    static string Percent(double? value) => value is { } known ? $"{known:0.0}" : None;

    static string Signed(double? value) => value is { } known ? $"{known:+0.0;-0.0;0.0}" : None;
}
