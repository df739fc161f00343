namespace LoraHub.Modules.Ranking;

/// <summary>
/// Searches names and texts for words. The databases' indexes use the same words, and SQLite's BM25 (FTS5) ranks exactly as
/// <see cref="Find"/> does.
/// </summary>
static class TextSearch
{
    /// <summary>The weight of a match in a name; one in a text has weight 1.</summary>
    const double NameWeight = 10;

    /// <summary>The weight of a word that at least half of the items contain: almost none, so that the other words decide.</summary>
    const double LeastInverseFrequency = 1e-6;

    /// <summary>Further words of a query are ignored.</summary>
    const int MostWords = 16;

    /// <summary>The different words of a query.</summary>
    public static string[] QueryWords(string? query) => [.. TextWords.Of(query).Distinct(StringComparer.Ordinal).Take(MostWords)];

    /// <summary>The words of a name, and the parts of a word such as <c>flanQuestion</c>.</summary>
    public static List<string> NameWords(string name) => [.. TextWords.Of(name), .. TextWords.OfName(name).Except(TextWords.Of(name))];

    /// <summary>
    /// The items that contain, for each word of the query, a word that begins with it: best first, ties by name. A query without words finds all.
    /// </summary>
    public static IReadOnlyList<T> Find<T>(string? query, IEnumerable<T> items, Func<T, string> nameOf, Func<T, string> textOf)
    {
        (T Item, List<string> Name, List<string> Text)[] documents =
        [
            .. items.Select(item => (item, NameWords(nameOf(item)), TextWords.Of(textOf(item)))),
        ];
        int[] lengths = [.. documents.Select(document => document.Name.Count + document.Text.Count)];
        var averageLength = lengths.Length > 0 ? lengths.Average() : 0;
        var scores = new double[documents.Length];
        IEnumerable<int> found = Enumerable.Range(0, documents.Length);
        foreach (var word in QueryWords(query))
        {
            double[] counts = [.. documents.Select(document => (NameWeight * Count(document.Name, word)) + Count(document.Text, word))];
            var holders = counts.Count(count => count > 0);
            var inverse = Math.Max(Math.Log((counts.Length - holders + 0.5) / (holders + 0.5)), LeastInverseFrequency);
            for (var i = 0; i < scores.Length; i++)
            {
                scores[i] += inverse * TermIndex.Gain(counts[i], lengths[i], averageLength);
            }

            found = found.Where(i => counts[i] > 0);
        }

        return
        [
            .. found.OrderByDescending(i => scores[i]).ThenBy(i => nameOf(documents[i].Item), StringComparer.Ordinal)
                .Select(i => documents[i].Item),
        ];
    }

    static int Count(List<string> words, string prefix) => words.Count(word => word.StartsWith(prefix, StringComparison.Ordinal));
}
