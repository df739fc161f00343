using LoraHub.Api.Evaluation;
using Spectre.Console;

namespace LoraHub.Api.Commands;

/// <summary>Shows an evaluation to a person: a line a prediction and a live bar, the table at the end. In a pipe, plain lines and Markdown.</summary>
static class EvaluateTerminal
{
    /// <summary>Runs what is left of the plan to its end.</summary>
    public static Task WatchAsync(EvaluationPlan plan, IReadOnlyList<PlannedPrediction> left, EvaluationRun run, CancellationToken cancellationToken)
    {
        var count = plan.Predictions.Count - left.Count;
        if (count > 0)
        {
            Say($"{count} of {plan.Predictions.Count} predictions are there already; going on.");
        }

        return AnsiConsole.Profile.Out.IsTerminal
            ? AnsiConsole.Progress()
                .AutoClear(enabled: true)
                .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
                .StartAsync(context => WatchAsync(context.AddTask("Evaluating", maxValue: left.Count)))
            : run.RunAsync(left, _ => { }, result => Say(Line(++count, plan.Predictions.Count, result)), cancellationToken);

        Task WatchAsync(ProgressTask bar) => run.RunAsync(
            left,
            planned => bar.Description = $"{planned.Task.Name}, {planned.Method.Name}{Seed(planned.Seed)}".EscapeMarkup(),
            result =>
            {
                AnsiConsole.WriteLine(Line(++count, plan.Predictions.Count, result));
                bar.Increment(1);
            },
            cancellationToken);
    }

    public static void ShowStopped(int done, int all, string output) =>
        Say($"Stopped. {done} of {all} predictions are in {Path.Combine(output, EvaluationResults.FileName)}; the same command goes on from there.");

    public static void Show(EvaluationTable table, string output)
    {
        if (!AnsiConsole.Profile.Out.IsTerminal)
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
        foreach (var row in EvaluationMarkdown.Summary(table))
        {
            shown.AddRow([.. row.Select(cell => $"[bold]{cell.EscapeMarkup()}[/]")]);
        }

        AnsiConsole.Write(shown);
        foreach (var line in EvaluationMarkdown.Head(table).Concat(EvaluationMarkdown.Failures(table)).Append($"The table is in {Path.Combine(output, "table.md")}."))
        {
            AnsiConsole.WriteLine(line);
        }
    }

    /// <summary>Spectre breaks lines at 80 letters where there is no terminal.</summary>
    static void Say(string line)
    {
        if (AnsiConsole.Profile.Out.IsTerminal)
        {
            AnsiConsole.WriteLine(line);
        }
        else
        {
            Console.Out.WriteLine(line);
        }
    }

    static string Line(int number, int all, EvaluationResult result) =>
        $"[{number}/{all}] {result.Task}, {result.Method}{Seed(result.Seed)}: {Outcome(result)}, {result.Seconds:0.00} s";

    static string Outcome(EvaluationResult result) => result switch
    {
        { Accuracy: null } => $"failed: {result.Error}",
        { Seed: null } => $"{result.Accuracy.Adapted:0.0} %",
        { Loss: { } loss } => $"{result.Accuracy.Adapted:0.0} % (zero-shot {result.Accuracy.ZeroShot:0.0} %), loss {loss.ZeroShot:0.0000} → {loss.Adapted:0.0000}, {loss.Evaluations} evaluations",
        _ => $"{result.Accuracy.Adapted:0.0} % (zero-shot {result.Accuracy.ZeroShot:0.0} %)",
    };

    static string Seed(long? seed) => seed is { } number ? $", seed {number}" : "";
}
