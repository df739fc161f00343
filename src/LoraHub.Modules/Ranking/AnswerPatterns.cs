using System.Text;

namespace LoraHub.Modules.Ranking;

/// <summary>
/// What an answer looks like beside its question, whatever its words: <c>( lost )</c> is the shape <c>( w )</c>, <c>(A)</c> is <c>(W)</c>, 18 is <c>9</c>,
/// and <c>teacher</c> to <c>teachers</c> is the change <c>&gt;s</c>, <c>life</c> to <c>lives</c> is <c>fe&gt;ves</c>.
/// </summary>
static class AnswerPatterns
{
    const int LongestShape = 64;
    const int MostInputWords = 256;
    const int MostOutputWords = 64;

    /// <summary>The answer's shape first, then a change for each of its words that begins as a word of the question does.</summary>
    public static IEnumerable<string> Of(ReadOnlySpan<char> input, ReadOnlySpan<char> output)
    {
        var patterns = new List<string> { $"shape {Shape(output)}" };
        var words = TextWords.Of(input, digitsApart: true);
        foreach (var answer in TextWords.Of(output, digitsApart: true).Take(MostOutputWords))
        {
            if (Change(words, answer) is { } change)
            {
                patterns.Add($"change {change}");
            }
        }

        return patterns;
    }

    /// <summary>Runs of letters become <c>w</c>, or <c>W</c> when they begin with a capital, runs of digits <c>9</c>; the rest stays.</summary>
    static string Shape(ReadOnlySpan<char> output)
    {
        var shape = new StringBuilder();
        var run = '\0';
        foreach (var rune in output.Trim().EnumerateRunes())
        {
            if (shape.Length >= LongestShape)
            {
                break;
            }

            if (Rune.IsLetter(rune))
            {
                Run(Rune.IsUpper(rune) ? 'W' : 'w', run is 'w' or 'W');
            }
            else if (Rune.IsDigit(rune))
            {
                Run('9', run == '9');
            }
            else
            {
                shape.Append(rune.ToString());
                run = '\0';
            }
        }

        return shape.ToString();

        void Run(char sign, bool goesOn)
        {
            if (!goesOn)
            {
                shape.Append(sign);
                run = sign;
            }
        }
    }

    /// <summary>From the question's word that shares the longest beginning with the answer's: at least two letters and half of that word.</summary>
    static string? Change(List<string> words, string answer)
    {
        var longest = 1;
        string? change = null;
        foreach (var word in words.Take(MostInputWords))
        {
            var common = word.AsSpan().CommonPrefixLength(answer);
            if (common > longest && 2 * common >= word.Length)
            {
                longest = common;
                change = $"{word[common..]}>{answer[common..]}";
            }
        }

        return change;
    }
}
