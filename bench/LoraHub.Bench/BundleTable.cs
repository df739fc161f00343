using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;

namespace LoraHub.Bench;

/// <summary>Accuracy of LoraHub on the bundle's unseen tasks, beside the Python stack's (models/README.md).</summary>
static class BundleTable
{
    const string ReferenceColumn = "LoraHub avg";

    /// <summary>Prints a Markdown table of every task with the modules of each seed in <c>draws.json</c>, K = 40.</summary>
    public static void Print(string root)
    {
        using var bundle = Bundle.Open(root);
        var draws = JsonNode.Parse(File.ReadAllText(Path.Combine(root, "bench", "draws.json")))!["lorahub"]!.AsObject();
        var reference = Reference(Path.Combine(root, "models", "README.md"));
        var rows = new List<Row>();

        Console.WriteLine($"| task | zero-shot | LoraHub, seeds {string.Join(", ", draws.Select(draw => draw.Key))} | average | Python's average |");
        Console.WriteLine("|---|---|---|---|---|");
        var clock = Stopwatch.StartNew();
        foreach (var task in reference.Keys)
        {
            var file = Path.Combine(root, "bench", "tasks", task + ".jsonl");
            var reports = draws.Select(draw => Run(bundle, file, draw.Value!.Deserialize<string[]>()!)).ToArray();
            var row = new Row(reports[0].ZeroShot, [.. reports.Select(report => report.Adapted)], reference[task]);
            rows.Add(row);
            var adapted = string.Join(", ", row.Adapted.Select(value => $"{value:0.0}"));
            Console.WriteLine($"| {task} | {row.ZeroShot:0.0} | {adapted} | {row.Adapted.Average():0.0} | {row.Reference:0.0} |");
        }

        Console.WriteLine(
            $"| **mean of {rows.Count}** | **{rows.Average(row => row.ZeroShot):0.0}** | "
            + $"| **{rows.Average(row => row.Adapted.Average()):0.0}** | **{rows.Average(row => row.Reference):0.0}** |");
        Console.WriteLine();
        var (predictions, seconds) = (rows.Count * draws.Count, clock.Elapsed.TotalSeconds);
        Console.WriteLine($"{predictions} predictions in {seconds:0} s, {seconds / predictions:0.00} s each.");
    }

    static AccuracyReport Run(Bundle bundle, string file, IReadOnlyList<string> modules)
    {
        var request = BundleTask.Request(file);
        request[InputSchema.LoraModulesSpecified] = string.Join(',', modules.Select(module => $"lorahub/{module}"));
        return BundleTask.Predict(bundle, request).Accuracy!;
    }

    /// <summary>Reads the Python stack's average for each task from the bundle's table.</summary>
    static Dictionary<string, double> Reference(string readme)
    {
        var rows = File.ReadLines(readme).Where(line => line.StartsWith("| ", StringComparison.Ordinal))
            .Select(line => line.Trim('|').Split('|', StringSplitOptions.TrimEntries)).ToArray();
        var header = rows.First(row => row.Contains(ReferenceColumn));
        var column = Array.IndexOf(header, ReferenceColumn);
        return rows
            .Where(row => row.Length == header.Length && row != header && !row[0].StartsWith('*'))
            .ToDictionary(row => row[0], row => double.Parse(row[column], CultureInfo.InvariantCulture));
    }

    sealed record Row(double ZeroShot, double[] Adapted, double Reference);
}
