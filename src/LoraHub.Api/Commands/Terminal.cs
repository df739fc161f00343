using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;
using Spectre.Console;

namespace LoraHub.Api.Commands;

/// <summary>Shows a prediction to a person: lines as they come, a live bar while it searches, tables at the end. In a pipe, the plain log.</summary>
static partial class Terminal
{
    /// <summary>Follows the prediction to its end.</summary>
    public static async Task<Prediction> WatchAsync(IPredictionEvents events, Prediction created)
    {
        if (!AnsiConsole.Profile.Out.IsTerminal)
        {
            return await FoldAsync(events, created, line => Console.Out.WriteLine(line));
        }

        return await AnsiConsole.Progress()
            .AutoClear(enabled: true)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(context =>
            {
                var bar = context.AddTask("Loading");
                return FoldAsync(events, created, line => Show(line, bar));
            });
    }

    public static void ShowEnd(Prediction prediction)
    {
        if (prediction.Output is { } output)
        {
            Show(output);
            ShowControls(output);
            ShowAnswers(prediction.Input, output);
        }
        else
        {
            AnsiConsole.MarkupLineInterpolated($"[red]{prediction.Status}[/] {prediction.Error}");
        }
    }

    public static void ShowFolder(DirectoryInfo folder) => AnsiConsole.MarkupLineInterpolated($"The adapter is in [bold]{folder.FullName}[/].");

    /// <summary>Foreign text, which no control character in it can turn into commands to a terminal.</summary>
    public static string Inert(string text) => string.Create(text.Length, text, (inert, from) =>
    {
        for (var i = 0; i < from.Length; i++)
        {
            inert[i] = char.IsControl(from[i]) ? ' ' : from[i];
        }
    });

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

    static void Show(string line, ProgressTask bar)
    {
        if (Step().Match(line) is not { Success: true } step)
        {
            AnsiConsole.WriteLine(line);
            return;
        }

        bar.MaxValue = int.Parse(step.Groups["total"].Value, CultureInfo.InvariantCulture);
        bar.Value = int.Parse(step.Groups["done"].Value, CultureInfo.InvariantCulture);
        bar.Description = $"Searching, {step.Groups["best"].Value.EscapeMarkup()}";
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
            AnsiConsole.MarkupLineInterpolated($"Examples left out: [bold]{left.Adapted:0.0} %[/] right, best single {left.BestSingle:0.0} %, no modules {left.ZeroShot:0.0} %.");
        }

        if (controls.Missing is { } missing)
        {
            AnsiConsole.WriteLine(missing);
        }

        void Add(string method, double? loss, double? accuracy) => table.AddRow(
            method.EscapeMarkup(), loss?.ToString("0.0000", CultureInfo.InvariantCulture) ?? "", accuracy?.ToString("0.0", CultureInfo.InvariantCulture) ?? "");
    }

    static void ShowAnswers(JsonObject given, PredictionOutput output)
    {
        var (input, _) = InputParser.Parse(given);
        foreach (var (question, answer) in input!.TestInputs.Zip(output.Predictions ?? []))
        {
            AnsiConsole.MarkupLineInterpolated($"[grey]{question} →[/] {answer}");
        }
    }

    [GeneratedRegex(@"^\s*\d+%\|.+\|\s*(?<done>\d+)/(?<total>\d+) \[.*(?<best>best [^\]]*)\]$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Step();
}
