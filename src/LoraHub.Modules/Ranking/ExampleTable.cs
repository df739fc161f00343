namespace LoraHub.Modules.Ranking;

/// <summary>Reads the examples from a card's Markdown tables: tables with a column of inputs and one of targets.</summary>
static class ExampleTable
{
    const int MostRows = 64;

    static readonly string[] InputNames = ["input", "inputs", "question", "prompt", "source"];
    static readonly string[] TargetNames = ["target", "targets", "output", "outputs", "answer", "completion"];

    public static IEnumerable<(string Input, string Target)> Rows(string card) => AllRows(card).Take(MostRows);

    static IEnumerable<(string Input, string Target)> AllRows(string card)
    {
        (int Input, int Target)? columns = null;
        List<string>? header = null;
        foreach (var line in card.Split('\n'))
        {
            var cells = Cells(line.Trim());
            if (cells.Count == 0)
            {
                (columns, header) = (null, null);
            }
            else if (cells.TrueForAll(cell => cell.Length > 0 && cell.AsSpan().IndexOfAnyExcept('-', ':') < 0))
            {
                columns = Columns(header);
            }
            else if (columns is not { } at)
            {
                header = cells;
            }
            else if (Math.Max(at.Input, at.Target) < cells.Count)
            {
                yield return (cells[at.Input], cells[at.Target]);
            }
        }
    }

    static (int Input, int Target)? Columns(List<string>? header)
    {
        var input = header?.FindIndex(cell => InputNames.Contains(cell, StringComparer.OrdinalIgnoreCase)) ?? -1;
        var target = header?.FindIndex(cell => TargetNames.Contains(cell, StringComparer.OrdinalIgnoreCase)) ?? -1;
        return input >= 0 && target >= 0 ? (input, target) : null;
    }

    /// <summary>The cells of a table row; empty if the line is not one. <c>\|</c> is an escaped bar within a cell.</summary>
    static List<string> Cells(string line)
    {
        var cells = new List<string>();
        if (!line.StartsWith('|'))
        {
            return cells;
        }

        var start = 1;
        for (var i = 1; i <= line.Length; i++)
        {
            if (i == line.Length ? start < i : line[i] == '|' && line[i - 1] != '\\')
            {
                cells.Add(line[start..i].Replace("\\|", "|", StringComparison.Ordinal).Trim());
                start = i + 1;
            }
        }

        return cells;
    }
}
