using LoraHub.Modules.Versions;

namespace LoraHub.Modules.Ranking;

/// <summary>
/// An index of the modules' texts, built once for many rankings: the words of their ids and cards, the n-grams of those words, and the answer
/// patterns of their cards' example tables. Ranking is thread-safe.
/// </summary>
public sealed class CardIndex
{
    // Tuned on the even-numbered tasks of bench/tasks; ModuleRankingTests asserts the accuracy they reach.
    const double WordWeight = 1;
    const double GramWeight = 0.1;
    const double PatternWeight = 3;

    // Limits on the UTF-16 units read from one text and on the examples, so that a ranking stays fast.
    const int CardLimit = 16 * 1024;
    const int ExampleLimit = 4 * 1024;
    const int MostExamples = 100;

    readonly ModuleVersion[] _modules;
    readonly TermIndex _words = new();
    readonly TermIndex _grams = new();
    readonly TermIndex _patterns = new();

    public CardIndex(IReadOnlyList<ModuleVersion> modules)
    {
        _modules = [.. modules];
        foreach (var module in _modules)
        {
            var card = module.Card.Purpose[..Math.Min(module.Card.Purpose.Length, CardLimit)];
            List<string> words = [.. TextWords.OfName(module.Id, digitsApart: true), .. TextWords.Of(card, digitsApart: true)];
            _words.Add(words);
            _grams.AddGrams(words);
            _patterns.Add(ExampleTable.Rows(card).SelectMany(row => AnswerPatterns.Of(row.Input, row.Target)));
        }
    }

    /// <summary>Every module once, best first, ties by id. An output without an input (or the reverse) counts as well.</summary>
    public IReadOnlyList<RankedModule> Rank(IReadOnlyList<string> exampleInputs, IReadOnlyList<string> exampleOutputs)
    {
        var words = new List<string>();
        var grams = new List<string>();
        var patterns = new List<string>();
        for (var i = 0; i < Math.Min(Math.Max(exampleInputs.Count, exampleOutputs.Count), MostExamples); i++)
        {
            var (input, output) = (Read(exampleInputs, i), Read(exampleOutputs, i));
            List<string> ofBoth = [.. TextWords.Of(input, digitsApart: true), .. TextWords.Of(output, digitsApart: true)];
            words.AddRange(ofBoth.Distinct(StringComparer.Ordinal));
            grams.AddRange(TextWords.Grams(ofBoth).Distinct(StringComparer.Ordinal));
            patterns.AddRange(AnswerPatterns.Of(input, output).Distinct(StringComparer.Ordinal));
        }

        var scores = new double[_modules.Length];
        _words.Score(TermIndex.Counted(words), WordWeight, scores);
        _grams.Score(TermIndex.Counted(grams), GramWeight, scores);
        _patterns.Score(TermIndex.Counted(patterns), PatternWeight, scores);
        return
        [
            .. _modules
                .Select((module, i) => new RankedModule(module, scores[i]))
                .OrderByDescending(ranked => ranked.Score)
                .ThenBy(ranked => ranked.Module.Id, StringComparer.Ordinal),
        ];
    }

    static string Read(IReadOnlyList<string> texts, int i) => i < texts.Count ? texts[i][..Math.Min(texts[i].Length, ExampleLimit)] : "";
}
