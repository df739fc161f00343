using System.Globalization;
using System.Text.RegularExpressions;
using AngleSharp.Dom;
using AngleSharp.Html.Dom;
using LoraHub.Modules.Versions;

namespace LoraHub.Web.Library;

/// <summary>Makes a card's tables readable. The cards of this program hold every digit, so that a result can be repeated from them.</summary>
static partial class CardTable
{
    /// <summary>A longer table is folded.</summary>
    const int MostRows = 12;

    const int DigestShown = 12;

    public static void Shorten(IHtmlTableElement table)
    {
        var document = table.Owner!;
        string[] columns = table.Rows is { Length: > 0 } rows ? [.. rows[0].Cells.Select(cell => cell.TextContent.Trim())] : [];
        foreach (var cell in table.QuerySelectorAll<IHtmlTableDataCellElement>("td"))
        {
            var text = cell.TextContent.Trim();
            var column = cell.ParentElement!.Children.Index(cell);
            if (column < columns.Length && columns[column] == "module" && ModelId.IsValid(text))
            {
                var link = document.CreateElement("a");
                link.SetAttribute("href", $"/modules/{text}");
                link.TextContent = text;
                cell.TextContent = "";
                cell.Append(link);
            }
            else if (Digest().IsMatch(text))
            {
                cell.TextContent = Digest().Replace(text, digest => $"{digest.Value[..DigestShown]}…");
            }
            else if (LongNumber().IsMatch(text))
            {
                cell.TextContent = double.Parse(text, CultureInfo.InvariantCulture).ToString("G4", CultureInfo.InvariantCulture);
            }
        }

        if (table.Rows.Length > MostRows + 1)
        {
            var (details, summary) = (document.CreateElement("details"), document.CreateElement("summary"));
            summary.TextContent = $"A table of {table.Rows.Length - 1} rows";
            table.Replace(details);
            details.Append(summary, table);
        }
    }

    [GeneratedRegex(@"\b[0-9a-f]{64}\b", RegexOptions.NonBacktracking)]
    private static partial Regex Digest();

    [GeneratedRegex(@"^-?[0-9]{1,9}\.[0-9]{5,20}(?:E[+-]?[0-9]{1,2})?$", RegexOptions.NonBacktracking)]
    private static partial Regex LongNumber();
}
