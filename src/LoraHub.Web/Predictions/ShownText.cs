namespace LoraHub.Web.Predictions;

/// <summary>
/// Shortens what a client gave: a page is kept in memory until its reader has taken it. Live pages are kept for long, so they show less.
/// </summary>
static class ShownText
{
    /// <summary>The most characters of one text, on a live page and on others.</summary>
    public const int MostLive = 2000, Most = 20_000;

    /// <summary>The most characters of all rows of a table; a row counts as 100 more than it has.</summary>
    public const int MostOfRows = 200_000;

    /// <returns>The text, or its beginning; and how many characters are left out.</returns>
    public static (string Shown, int Left) Of(string text, bool hasEnded)
    {
        var most = hasEnded ? Most : MostLive;
        if (text.Length <= most)
        {
            return (text, 0);
        }

        var end = char.IsHighSurrogate(text[most - 1]) ? most - 1 : most;
        return (text[..end], text.Length - end);
    }

    /// <summary>The text, or its beginning with how many characters are left out.</summary>
    public static string Cut(string text, bool hasEnded) =>
        Of(text, hasEnded) is var (shown, left) && left > 0 ? $"{shown}… ({left} more characters)" : text;

    /// <summary>How many rows a table shows.</summary>
    /// <param name="characters">The characters of a row.</param>
    public static int Rows<T>(IReadOnlyList<T> rows, Func<T, int> characters)
    {
        var (shown, left) = (0, MostOfRows);
        while (shown < rows.Count && (left -= 100 + Math.Min(Most, characters(rows[shown]))) >= 0)
        {
            shown++;
        }

        return shown;
    }
}
