namespace LoraHub.Modules.Ranking;

/// <summary>Suggests known names for a mistyped one.</summary>
public static class Spelling
{
    /// <summary>The most edits, for long names whose beginnings are the same.</summary>
    const int MostEdits = 4;

    /// <summary>
    /// Up to three known names, nearest first. The edit distance is at most a third of the length of the longer name, and at most four.
    /// </summary>
    public static IReadOnlyList<string> Closest(string name, IEnumerable<string> known) =>
    [
        .. known
            .Select(candidate => (candidate, distance: Distance(name, candidate)))
            .Where(pair => pair.distance <= Math.Min(Math.Max(name.Length, pair.candidate.Length) / 3, MostEdits))
            .OrderBy(pair => pair.distance)
            .ThenBy(pair => pair.candidate, StringComparer.Ordinal)
            .Take(3)
            .Select(pair => pair.candidate),
    ];

    /// <summary>The Levenshtein distance, ignoring case.</summary>
    static int Distance(string a, string b)
    {
        const int Longest = 200;
        if (a.Length > Longest)
        {
            return a.Length; // limits the cost of very long names
        }

        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var substituted = diagonal + (char.ToUpperInvariant(a[i - 1]) == char.ToUpperInvariant(b[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substituted, Math.Min(diagonal, row[j - 1]) + 1);
            }
        }

        return row[b.Length];
    }
}
