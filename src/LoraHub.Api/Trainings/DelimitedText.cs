using System.Text;

namespace LoraHub.Api.Trainings;

/// <summary>Reads CSV (RFC 4180): cells in double quotes may contain separators, line breaks and doubled quotes.</summary>
static class DelimitedText
{
    /// <param name="lines">Without their line feeds. They are read as far as the rows are.</param>
    /// <param name="unended">Creates the exception for a quoted cell that starts in this line and does not end.</param>
    /// <param name="longest">The most characters of a row; a quoted cell that makes it longer counts as one that does not end.</param>
    /// <returns>The rows that are not blank, with the number of their first line.</returns>
    public static IEnumerable<(int Line, IReadOnlyList<string> Cells)> Read(
        IEnumerable<string> lines, char separator, Func<int, Exception> unended, int longest = int.MaxValue)
    {
        var row = new Row(separator);
        var first = 1;
        foreach (var (index, line) in lines.Index())
        {
            first = row.IsOpen ? first : index + 1;
            row.Add(line);
            if (row.IsOpen && row.Length > longest)
            {
                throw unended(first);
            }

            if (!row.IsOpen && row.Take() is var cells && cells is not [{ Length: 0 }])
            {
                yield return (first, cells);
            }
        }

        if (row.IsOpen)
        {
            throw unended(first);
        }
    }

    /// <summary>A row that is being read. It takes several lines if a quoted cell has line breaks.</summary>
    sealed class Row(char separator)
    {
        readonly StringBuilder _cell = new();
        List<string> _cells = [];

        /// <summary>Whether a quoted cell has not ended.</summary>
        public bool IsOpen { get; private set; }

        /// <summary>In characters.</summary>
        public int Length { get; private set; }

        public void Add(string line)
        {
            Length += line.Length + 1;
            var at = IsOpen ? 0 : Begin(line, 0);
            while (true)
            {
                at = IsOpen ? AddQuoted(line, at) : at;
                if (IsOpen)
                {
                    return;
                }

                var end = line.IndexOf(separator, at);
                _cell.Append(line.AsSpan(at..(end < 0 ? line.Length : end)));
                End(isLast: end < 0);
                if (end < 0)
                {
                    return;
                }

                at = Begin(line, end + 1);
            }
        }

        public List<string> Take()
        {
            (var cells, _cells, Length) = (_cells, [], 0);
            return cells;
        }

        /// <returns>Where the cell's text begins.</returns>
        int Begin(string line, int at)
        {
            IsOpen = at < line.Length && line[at] == '"';
            return IsOpen ? at + 1 : at;
        }

        void End(bool isLast)
        {
            if (isLast && _cell.Length > 0 && _cell[^1] == '\r')
            {
                _cell.Length--;
            }

            _cells.Add(_cell.ToString());
            _cell.Clear();
        }

        /// <returns>What follows the quoted text, if it ends in this line.</returns>
        int AddQuoted(string line, int at)
        {
            for (; at < line.Length; at++)
            {
                if (line[at] == '"' && (at + 1 == line.Length || line[at + 1] != '"'))
                {
                    IsOpen = false;
                    return at + 1;
                }

                at += line[at] == '"' ? 1 : 0; // a doubled quote
                _cell.Append(line[at]);
            }

            _cell.Append('\n');
            return at;
        }
    }
}
