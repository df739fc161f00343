namespace LoraHub.Modules.Ranking;

/// <summary>Finds what a mistyped name may have meant.</summary>
public static class Spelling
{
    /// <summary>Up to three known names nearest to the given one, nearest first; a name that shares less than half its letters is not near.</summary>
    public static IReadOnlyList<string> Closest(string name, IEnumerable<string> known) =>
    [
        .. known
            .Select(candidate => (candidate, distance: Distance(name, candidate)))
            .Where(pair => pair.distance <= Math.Max(name.Length, pair.candidate.Length) / 2)
            .OrderBy(pair => pair.distance)
            .ThenBy(pair => pair.candidate, StringComparer.Ordinal)
            .Take(3)
            .Select(pair => pair.candidate),
    ];

    /// <summary>Levenshtein's edit distance, letters compared without case.</summary>
    static int Distance(string a, string b)
    {
        const int Longest = 200;
        if (a.Length > Longest)
        {
            return a.Length; // a made-up name must not cost more than a glance
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
