using System.Text;
using LoraHub.Core.Json;

namespace LoraHub.Evaluation;

/// <summary>Writes a table as Markdown: the contents of <c>table.md</c>.</summary>
public static class EvaluationMarkdown
{
    /// <summary>The lines above the table.</summary>
    public static IReadOnlyList<string> Head(EvaluationTable table) =>
    [
        $"Base model {table.Base}, {Pool(table)}. {Seeds(table)}",
        $"Budget, in evaluations: {Budgets(table.Methods)}. Exact match in percent, means over {Means(table)}.",
        $"{table.Machine}. LoraHub {table.Program}. {table.Date:yyyy-MM-dd}.",
    ];

    /// <summary>The names of the columns.</summary>
    public static IReadOnlyList<string> Columns(EvaluationTable table) =>
        ["task", "n", "zero-shot", .. table.Methods.Select(method => method.Method)];

    /// <summary>One row for each task, with a cell for each column.</summary>
    public static IEnumerable<IReadOnlyList<string>> Rows(EvaluationTable table) => table.Tasks.Select(task => (IReadOnlyList<string>)
    [
        task.Task,
        $"{task.Tests}",
        Percent(task.ZeroShot),
        .. table.Methods.Select(method => task.Methods[method.Method].Mean is { } mean ? Percent(mean) : "failed"),
    ]);

    /// <summary>One line for each failed prediction.</summary>
    public static IEnumerable<string> Failures(EvaluationTable table) => table.Failures.Select(failure =>
    {
        var draw = failure.Draw > 0 ? $", draw {failure.Draw}" : "";
        var seed = failure.Seed is { } number ? $", seed {number}" : "";
        return $"{failure.Task}{draw}, {failure.Method}{seed}: failed: {failure.Error}";
    });

    /// <summary>One line for each column that has tasks below zero-shot, with their names.</summary>
    public static IEnumerable<string> BelowZeroShot(EvaluationTable table) => table.Methods.Where(method => method.TasksBelowZeroShot.Count > 0)
        .Select(method => $"{method.Method}: {string.Join(", ", method.TasksBelowZeroShot)}");

    public static string Write(EvaluationTable table)
    {
        var text = new StringBuilder("# Evaluation\n\n");
        text.AppendJoin('\n', Head(table)).Append("\n\n");
        Row(text, Columns(table));
        Row(text, Columns(table).Select(_ => "---"));
        foreach (var row in Rows(table))
        {
            Row(text, row);
        }

        foreach (var row in SummaryRows.Of(table))
        {
            Row(text, row.Select(cell => cell.Length == 0 ? cell : $"**{cell}**"));
        }

        text.Append('\n').AppendJoin("", Methods(table).Select(method => $"- {method.Method}: `{WireJson.Write(method.Inputs)}`\n"));
        text.Append('\n').AppendJoin("", SummaryRows.Notes(table).Select(note => $"- {note}\n"));
        if (BelowZeroShot(table).ToArray() is { Length: > 0 } below)
        {
            text.Append("\nBelow zero-shot:\n\n").AppendJoin("", below.Select(line => $"- {line}\n"));
        }

        if (table.Failures.Count > 0)
        {
            text.Append("\nLeft out of the cells and means, since they failed:\n\n").AppendJoin("", Failures(table).Select(line => $"- {line}\n"));
        }

        return text.ToString();
    }

    static void Row(StringBuilder text, IEnumerable<string> cells) =>
        text.Append("| ").AppendJoin(" | ", cells.Select(cell => cell.Replace("|", "\\|", StringComparison.Ordinal))).Append(" |\n");

    static string Pool(EvaluationTable table) => table.Pool == table.PoolOfOneShape
        ? $"{table.Pool} modules"
        : $"{table.Pool} modules, {table.PoolOfOneShape} of them of one shape";

    static string Seeds(EvaluationTable table) => table switch
    {
        { Methods.Count: 0 } => "No seed: nothing is drawn.",
        { Draws: { } file } => $"Seeds {string.Join(", ", table.Seeds)}, with the modules that {file} gives them.",
        _ => $"Seeds {string.Join(", ", table.Seeds)}.",
    };

    static string Budgets(IReadOnlyList<TableMethod> methods) => methods.Select(method => method.Budget).Distinct().ToArray() switch
    {
        [] => "none",
        [var one] => $"{one}",
        _ => string.Join(", ", methods.Where(method => !method.IsControl).Select(method => $"{method.Budget} ({method.Method})")),
    };

    static string Means(EvaluationTable table) =>
        table.ExampleDraws > 1 ? $"the seeds and {table.ExampleDraws} draws of the examples" : "the seeds";

    static IEnumerable<TableMethod> Methods(EvaluationTable table) => table.Methods.Where(method => !method.IsControl);

    static string Percent(double? value) => value is { } known ? $"{known:0.0}" : SummaryRows.None;
}
