using System.Globalization;
using LoraHub.Core.Modules;
using Spectre.Console;

namespace LoraHub.Api.Commands.Modules;

/// <summary>Shows modules to a person: tables on a terminal. In a pipe, a line a row, its cells parted by tabs.</summary>
static class ModuleTable
{
    public static void Show(IReadOnlyList<ModuleInfo> modules) => Show(
        ["module", "r", "base model", "source", "version", "state"],
        modules.Select(module => new[]
        {
            module.Id,
            module.Rank == 0 ? "" : module.Rank.ToString(CultureInfo.InvariantCulture),
            module.BaseModel,
            Source(module),
            module.Digest is { } digest ? digest[..12] : "",
            module.Problem is null ? "ok" : module.Record?.Quarantine is null ? "broken" : "quarantine",
        }));

    public static void Show(IReadOnlyList<string> columns, IEnumerable<string[]> rows)
    {
        if (!AnsiConsole.Profile.Out.IsTerminal)
        {
            foreach (var row in rows.Prepend([.. columns]))
            {
                Console.Out.WriteLine(string.Join('\t', row.Select(Terminal.Inert)));
            }

            return;
        }

        var table = new Table().Border(TableBorder.Rounded);
        foreach (var column in columns)
        {
            table.AddColumn(column.EscapeMarkup());
        }

        foreach (var row in rows)
        {
            table.AddRow([.. row.Select(cell => Terminal.Inert(cell).EscapeMarkup())]);
        }

        AnsiConsole.Write(table);
    }

    /// <summary>A line that says something; what is foreign in it can do nothing to a terminal.</summary>
    public static void Say(string line)
    {
        // Spectre breaks lines at 80 letters where there is no terminal.
        if (AnsiConsole.Profile.Out.IsTerminal)
        {
            AnsiConsole.WriteLine(Terminal.Inert(line));
        }
        else
        {
            Console.Out.WriteLine(Terminal.Inert(line));
        }
    }

    static string Source(ModuleInfo module) => module.Record is { } record ? record.Source ?? "added" : module.IsOwned ? "folder" : "ships, or the settings'";
}
