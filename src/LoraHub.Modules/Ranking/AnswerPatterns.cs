using System.Text;

namespace LoraHub.Modules.Ranking;

/// <summary>
/// Describes an answer relative to its input, independent of its words: <c>( lost )</c> has the shape <c>( w )</c>, <c>(A)</c> has <c>(W)</c> and 18
/// has <c>9</c>; from <c>teacher</c> to <c>teachers</c> the change is <c>&gt;s</c>, from <c>life</c> to <c>lives</c> it is <c>fe&gt;ves</c>.
/// </summary>
static class AnswerPatterns
{
    const int LongestShape = 64;
    const int MostInputWords = 256;
    const int MostOutputWords = 64;

    /// <summary>The answer's shape, then a change for each of its words that shares a prefix with a word of the input.</summary>
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

    /// <summary>Replaces runs of letters by <c>w</c> (<c>W</c> if they begin with a capital) and runs of digits by <c>9</c>.</summary>
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

        void Run(char sign, bool continues)
        {
            if (!continues)
            {
                shape.Append(sign);
                run = sign;
            }
        }
    }

    /// <summary>The change from the input's word with the longest common prefix: at least two letters and half of that word.</summary>
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
