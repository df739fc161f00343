using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using LoraHub.Core.Json;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace LoraHub.Api.Commands;

/// <summary>Writes to standard output: formatted in a terminal, tab-separated lines in a pipe, or JSON.</summary>
/// <param name="isJson">Whether the verb writes its data as JSON to standard output. Everything else then goes to standard error.</param>
sealed class Output(bool isJson)
{
    static readonly JsonSerializerOptions Indented = new(WireJson.Options) { WriteIndented = true };

    /// <summary>Standard error: progress and remarks.</summary>
    public static IAnsiConsole Errors { get; } = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });

    /// <summary>The option that every verb has.</summary>
    public static Option<bool> JsonOption() => new("--json")
    {
        Description = "Writes the result as JSON to standard output, and all else to standard error.",
    };

    public static bool IsTerminal => AnsiConsole.Profile.Out.IsTerminal;

    public bool IsJson => isJson;

    /// <summary>Writes a line, without control characters.</summary>
    public void WriteLine(string line)
    {
        if (isJson)
        {
            Console.Error.WriteLine(Sanitize(line));
        }
        else if (IsTerminal)
        {
            WriteLine(AnsiConsole.Console, line);
        }
        else
        {
            Console.Out.WriteLine(Sanitize(line)); // Spectre would wrap the line at 80 characters
        }
    }

    /// <summary>Writes the outcome of a verb: a sentence, or the data as JSON.</summary>
    public void WriteOutcome(string line, JsonObject data)
    {
        if (isJson)
        {
            WriteJson(data);
        }
        else
        {
            WriteLine(line);
        }
    }

    /// <summary>Writes a remark to standard error, without control characters.</summary>
    public static void Note(string line)
    {
        if (Errors.Profile.Out.IsTerminal)
        {
            WriteLine(Errors, line);
        }
        else
        {
            Console.Error.WriteLine(Sanitize(line));
        }
    }

    /// <summary>
    /// Writes a line to a terminal, without control characters. A long line is written row by row: a live display makes room for one row at a
    /// time, and the second row of a wrapped line would be mixed with the progress bar.
    /// </summary>
    public static void WriteLine(IAnsiConsole terminal, string line)
    {
        var options = RenderOptions.Create(terminal, terminal.Profile.Capabilities);
        foreach (var row in Segment.SplitLines(((IRenderable)new Text(Sanitize(line))).Render(options, terminal.Profile.Width)))
        {
            terminal.WriteLine(string.Concat(row.Select(segment => segment.Text)));
        }
    }

    /// <summary>The description of a progress bar, shortened to leave room for the bar and its numbers in one row.</summary>
    public static string Description(IAnsiConsole terminal, string text)
    {
        const int Others = 40, Shortest = 12;
        var most = Math.Max(Shortest, terminal.Profile.Width - Others);
        return (text.Length <= most ? text : $"{text[..(most - 1)]}…").EscapeMarkup();
    }

    /// <summary>A display of progress bars with their percentage and the remaining time.</summary>
    public static Progress Progress(IAnsiConsole console) => console.Progress()
        .AutoClear(enabled: true)
        .Columns(
            new TaskDescriptionColumn { Alignment = Justify.Left },
            new ProgressBarColumn(),
            new PercentageColumn(),
            new RemainingTimeColumn());

    /// <summary>Writes the verb's data as JSON.</summary>
    public static void WriteJson<T>(T data) => Console.Out.WriteLine(JsonSerializer.Serialize(data, Indented));

    /// <summary>Writes rows as a table, as lines, or as a JSON array of objects with the columns' names as keys.</summary>
    /// <param name="hasHeading">Whether the first line in a pipe has the columns' names.</param>
    public void Show(IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<object?>> rows, bool hasHeading = true)
    {
        if (isJson)
        {
            WriteJson(new JsonArray([.. rows.Select(row => Object(columns, row))]));
        }
        else if (IsTerminal)
        {
            var table = new Table().Border(TableBorder.Rounded).AddColumns([.. columns.Select(column => column.EscapeMarkup())]);
            foreach (var row in rows)
            {
                table.AddRow([.. row.Select(cell => Sanitize(Text(cell)).EscapeMarkup())]);
            }

            AnsiConsole.Write(table);
        }
        else
        {
            foreach (var row in (hasHeading ? rows.Prepend(columns) : rows))
            {
                Console.Out.WriteLine(string.Join('\t', row.Select(cell => Sanitize(Text(cell)))));
            }
        }
    }

    /// <summary>Converts a row to an object; the keys are the columns' names in snake case.</summary>
    public static JsonObject Object(IReadOnlyList<string> columns, IReadOnlyList<object?> row) =>
        new(columns.Zip(row, (column, cell) => KeyValuePair.Create(Key(column), JsonSerializer.SerializeToNode(cell, WireJson.Options))));

    /// <summary>Replaces control characters, because those of external text could be commands to the terminal.</summary>
    public static string Sanitize(string text) => string.Create(text.Length, text, (sanitized, from) =>
    {
        for (var i = 0; i < from.Length; i++)
        {
            sanitized[i] = char.IsControl(from[i]) ? ' ' : from[i];
        }
    });

    public static string Size(long bytes) => bytes switch
    {
        >= 1L << 30 => $"{bytes / (double)(1L << 30):0.0} GiB",
        >= 1L << 20 => $"{bytes / (double)(1L << 20):0.0} MiB",
        _ => $"{bytes / 1024.0:0.0} KiB",
    };

    static string Key(string column) => column.Replace(' ', '_').Replace("'", "", StringComparison.Ordinal);

    static string Text(object? cell) => Convert.ToString(cell, CultureInfo.InvariantCulture) ?? "";
}
