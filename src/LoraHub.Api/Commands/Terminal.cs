using System.Globalization;
using LoraHub.Core.Predictions;
using Spectre.Console;

namespace LoraHub.Api.Commands;

/// <summary>Shows a prediction in a terminal: its log, a progress bar of the search, and tables at the end. In a pipe, the plain log.</summary>
static class Terminal
{
    /// <summary>Shows the prediction's progress until it ends.</summary>
    public static async Task<Prediction> WatchAsync(IPredictionEvents events, Prediction created, SearchBar search)
    {
        if (!AnsiConsole.Profile.Out.IsTerminal)
        {
            return await FoldAsync(events, created, line => Console.Out.WriteLine(line));
        }

        return await AnsiConsole.Progress()
            .AutoClear(enabled: true)
            .Columns(
                new TaskDescriptionColumn { Alignment = Justify.Left },
                new ProgressBarColumn(),
                new PercentageColumn(),
                new RemainingTimeColumn())
            .StartAsync(context =>
            {
                search.Bar = context.AddTask("Loading");
                return FoldAsync(events, created, line => Show(line, search));
            });
    }

    public static void ShowEnd(Prediction prediction)
    {
        if (prediction.Output is { } output)
        {
            Show(output);
            ShowControls(output);
            ShowAnswers(prediction.Created.Plan!, output);
        }
        else
        {
            AnsiConsole.MarkupLineInterpolated($"[red]{prediction.Status}[/] {prediction.Error}");
        }
    }

    public static void ShowFolder(DirectoryInfo folder) => AnsiConsole.MarkupLineInterpolated($"The adapter is in [bold]{folder.FullName}[/].");

    static async Task<Prediction> FoldAsync(IPredictionEvents events, Prediction created, Action<string> show)
    {
        var prediction = created;
        await foreach (var recorded in events.ReadAsync(created.Id, after: 0, CancellationToken.None))
        {
            prediction = prediction.Apply(recorded);
            if (recorded.Event is PredictionEvent.Logged(var text))
            {
                foreach (var line in text.TrimEnd('\n').Split('\n'))
                {
                    show(line);
                }
            }
        }

        return prediction;
    }

    static void Show(string line, SearchBar search)
    {
        if (!search.Shows(line))
        {
            AnsiConsole.WriteLine(line);
        }
    }

    static void Show(PredictionOutput output)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumn("module").AddColumn(new TableColumn("weight").RightAligned());
        foreach (var (module, weight, _) in output.Weights)
        {
            table.AddRow(module.EscapeMarkup(), weight.ToString("0.0000", CultureInfo.InvariantCulture));
        }

        AnsiConsole.Write(table);
        if (output.Loss is { } loss)
        {
            AnsiConsole.MarkupLineInterpolated($"Loss {loss.ZeroShot:0.0000} → [bold]{loss.Adapted:0.0000}[/] in {loss.Evaluations} evaluations.");
        }

        if (output.Accuracy is { } accuracy)
        {
            AnsiConsole.MarkupLineInterpolated($"Exact match {accuracy.ZeroShot:0.0} % → [bold]{accuracy.Adapted:0.0} %[/].");
        }
    }

    static void ShowControls(PredictionOutput output)
    {
        if (output.Controls is not { } controls)
        {
            return;
        }

        var table = new Table().Border(TableBorder.Rounded)
            .AddColumn("control").AddColumn(new TableColumn("loss").RightAligned()).AddColumn(new TableColumn("exact match, %").RightAligned());
        Add("no modules", controls.ZeroShot.Loss, controls.ZeroShot.Accuracy);
        Add($"best single, {controls.BestSingle.Module}", controls.BestSingle.Loss, controls.BestSingle.Accuracy);
        Add("uniform mean", controls.UniformMean.Loss, controls.UniformMean.Accuracy);
        Add("random directions", controls.RandomDirections.Loss, controls.RandomDirections.Accuracy);
        AnsiConsole.Write(table);
        if (controls.LeaveOneOut is { } left)
        {
            AnsiConsole.MarkupLineInterpolated(
                $"Leave-one-out: [bold]{left.Adapted:0.0} %[/] correct, best single {left.BestSingle:0.0} %, no modules {left.ZeroShot:0.0} %.");
        }

        if (controls.Missing is { } missing)
        {
            AnsiConsole.WriteLine(missing);
        }

        void Add(string method, double? loss, double? accuracy) => table.AddRow(
            method.EscapeMarkup(),
            loss?.ToString("0.0000", CultureInfo.InvariantCulture) ?? "",
            accuracy?.ToString("0.0", CultureInfo.InvariantCulture) ?? "");
    }

    static void ShowAnswers(PredictionPlan plan, PredictionOutput output)
    {
        foreach (var (input, answer) in plan.Input.TestInputs.Zip(output.Predictions ?? []))
        {
            AnsiConsole.MarkupLineInterpolated($"[grey]{input} →[/] {answer}");
        }
    }
}
