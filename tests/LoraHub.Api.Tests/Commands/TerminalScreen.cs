using System.Globalization;
using System.Text.RegularExpressions;

namespace LoraHub.Api.Tests.Commands;

/// <summary>What a terminal shows after some output: as much of VT100 as progress bars use.</summary>
static partial class TerminalScreen
{
    /// <returns>The rows without trailing spaces, up to the last one that is not blank.</returns>
    public static IReadOnlyList<string> Of(string output, int width)
    {
        var rows = new List<char[]>();
        var (row, column) = (0, 0);
        foreach (var match in Token().EnumerateMatches(output))
        {
            var token = output.AsSpan(match.Index, match.Length);
            switch (token)
            {
                case "\r":
                    column = 0;
                    break;
                case "\n":
                    (row, column) = (row + 1, 0); // the driver adds the carriage return
                    break;
                case ['\e', '[', .. var count, 'A']:
                    row = Math.Max(0, row - int.Parse(count, CultureInfo.InvariantCulture));
                    break;
                case ['\e', '[', .., 'K']:
                    Array.Fill(Row(rows, row, width), ' ', column, width - column);
                    break;
                case ['\e', ..]:
                    break; // colors, the cursor's visibility
                default:
                    (row, column) = column == width ? (row + 1, 0) : (row, column); // the terminal wraps
                    Row(rows, row, width)[column++] = token[0];
                    break;
            }
        }

        return [.. rows.Select(cells => new string(cells).TrimEnd()).Reverse().SkipWhile(line => line.Length == 0).Reverse()];
    }

    static char[] Row(List<char[]> rows, int index, int width)
    {
        while (rows.Count <= index)
        {
            rows.Add([.. Enumerable.Repeat(' ', width)]);
        }

        return rows[index];
    }

    [GeneratedRegex(@"\x1b\[[?0-9;]*[A-Za-z]|\x1b.|[\s\S]", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Token();
}
