using System.Text;

namespace LoraHub.Api.Commands;

/// <summary>Reads CSV (RFC 4180): cells in double quotes may contain separators, line breaks and doubled quotes.</summary>
static class DelimitedText
{
    /// <param name="unended">Creates the exception for a quoted cell that starts in this line and does not end.</param>
    /// <returns>The rows that are not blank, with the number of their first line.</returns>
    public static IReadOnlyList<(int Line, IReadOnlyList<string> Cells)> Read(string text, char separator, Func<int, Exception> unended)
    {
        var rows = new List<(int, IReadOnlyList<string>)>();
        var (at, line) = (0, 1);
        while (at < text.Length)
        {
            var first = line;
            var cells = new List<string>();
            do
            {
                cells.Add(ReadCell(text, separator, ref at, ref line, unended));
            }
            while (at < text.Length && text[at++] == separator);

            line++;
            if (cells is not [{ Length: 0 }])
            {
                rows.Add((first, cells));
            }
        }

        return rows;
    }

    /// <summary>Reads up to the separator or line feed that ends the cell.</summary>
    static string ReadCell(string text, char separator, ref int at, ref int line, Func<int, Exception> unended)
    {
        var cell = new StringBuilder();
        if (at < text.Length && text[at] == '"')
        {
            ReadQuoted(text, cell, ref at, ref line, unended);
        }

        while (at < text.Length && text[at] != separator && text[at] != '\n')
        {
            cell.Append(text[at++]);
        }

        if (cell.Length > 0 && cell[^1] == '\r' && (at == text.Length || text[at] == '\n'))
        {
            cell.Length--;
        }

        return cell.ToString();
    }

    static void ReadQuoted(string text, StringBuilder cell, ref int at, ref int line, Func<int, Exception> unended)
    {
        var first = line;
        for (at++; at < text.Length; at++)
        {
            if (text[at] == '"' && (at + 1 == text.Length || text[at + 1] != '"'))
            {
                at++;
                return;
            }

            at += text[at] == '"' ? 1 : 0; // a doubled quote
            line += text[at] == '\n' ? 1 : 0;
            cell.Append(text[at]);
        }

        throw unended(first);
    }
}
