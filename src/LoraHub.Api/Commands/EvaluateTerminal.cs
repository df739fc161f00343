using LoraHub.Evaluation;
using Spectre.Console;

namespace LoraHub.Api.Commands;

/// <summary>
/// Shows an evaluation: a line for each prediction and a live progress bar on standard error, and the table on standard output at the end. In a
/// pipe the table is Markdown.
/// </summary>
static class EvaluateTerminal
{
    /// <summary>Runs the remaining predictions of the plan and shows their progress.</summary>
    public static Task WatchAsync(EvaluationPlan plan, IReadOnlyList<PlannedPrediction> left, EvaluationRun run, CancellationToken cancellationToken)
    {
        var count = plan.Predictions.Count - left.Count;
        if (count > 0)
        {
            Output.Note($"Resuming: {count} of {plan.Predictions.Count} predictions are already there.");
        }

        return Output.Errors.Profile.Out.IsTerminal
            ? Output.Progress(Output.Errors).StartAsync(context => WatchAsync(context.AddTask("Evaluating", maxValue: left.Count)))
            : run.RunAsync(left, _ => { }, result => Output.Note(Line(++count, plan.Predictions.Count, result)), cancellationToken);

        Task WatchAsync(ProgressTask bar) => run.RunAsync(
            left,
            planned => bar.Description = Output.Description(
                Output.Errors, $"{planned.Task.Name}{Draw(planned.Task.Draw)}, {planned.Method.Name}{Seed(planned.Seed)}"),
            result =>
            {
                Output.Note(Line(++count, plan.Predictions.Count, result));
                bar.Increment(1);
            },
            cancellationToken);
    }

    public static void ShowStopped(int done, int all, string folder) => Output.Note(
        $"Stopped after {done} of {all} predictions, kept in {Path.Combine(folder, EvaluationResults.FileName)}. Run the same command to resume.");

    public static void Show(Output output, EvaluationTable table, string folder)
    {
        if (output.IsJson)
        {
            Console.Out.WriteLine(table.ToJson());
            return;
        }

        if (!Output.IsTerminal)
        {
            Console.Out.Write(EvaluationMarkdown.Write(table));
            return;
        }

        var shown = new Table().Border(TableBorder.Rounded);
        foreach (var (i, column) in EvaluationMarkdown.Columns(table).Index())
        {
            shown.AddColumn(i == 0 ? new TableColumn(column.EscapeMarkup()) : new TableColumn(column.EscapeMarkup()).RightAligned());
        }

        foreach (var row in EvaluationMarkdown.Rows(table))
        {
            shown.AddRow([.. row.Select(cell => cell.EscapeMarkup())]);
        }

        shown.AddEmptyRow();
        foreach (var row in SummaryRows.Of(table))
        {
            shown.AddRow([.. row.Select(cell => $"[bold]{cell.EscapeMarkup()}[/]")]);
        }

        AnsiConsole.Write(shown);
        foreach (var line in EvaluationMarkdown.Head(table)
            .Concat(EvaluationMarkdown.BelowZeroShot(table).Select(line => $"Below zero-shot: {line}"))
            .Concat(EvaluationMarkdown.Failures(table)))
        {
            output.WriteLine(line);
        }

        Output.Note($"The table is in {Path.Combine(folder, "table.md")}.");
    }

    static string Line(int number, int all, EvaluationResult result) =>
        $"[{number}/{all}] {result.Task}{Draw(result.Draw)}, {result.Method}{Seed(result.Seed)}: {Outcome(result)}, {result.Seconds:0.00} s";

    static string Outcome(EvaluationResult result) => result switch
    {
        { Accuracy: null } => $"failed: {result.Error}",
        { Seed: null } => $"{result.Accuracy.Adapted:0.0} %",
        { Loss: { } loss } => $"{result.Accuracy.Adapted:0.0} % (zero-shot {result.Accuracy.ZeroShot:0.0} %), "
            + $"loss {loss.ZeroShot:0.0000} → {loss.Adapted:0.0000}, {loss.Evaluations} evaluations{Steps(result.TuningSteps)}",
        _ => $"{result.Accuracy.Adapted:0.0} % (zero-shot {result.Accuracy.ZeroShot:0.0} %)",
    };

    static string Steps(int steps) => steps > 0 ? $" and {steps} gradient steps" : "";

    static string Draw(int draw) => draw > 0 ? $", draw {draw}" : "";

    static string Seed(long? seed) => seed is { } number ? $", seed {number}" : "";
}
