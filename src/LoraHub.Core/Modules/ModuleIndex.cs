namespace LoraHub.Core.Modules;

/// <summary>
/// What modules say of themselves in text, read once for many rankings: the words of their ids and cards, the pieces of those words, and the patterns of the answers
/// in their cards' example tables. Safe to rank from several threads.
/// </summary>
public sealed class ModuleIndex
{
    // Chosen on the even-numbered tasks of bench/tasks; ModuleRankingTests says what they reach.
    const double WordWeight = 1;
    const double GramWeight = 0.1;
    const double PatternWeight = 3;

    // What is read of one text, in UTF-16 units, and how many examples: a request must not cost more than a moment.
    const int CardLimit = 16 * 1024;
    const int ExampleLimit = 4 * 1024;
    const int MostExamples = 100;

    readonly ModuleInfo[] _modules;
    readonly TermIndex _words = new();
    readonly TermIndex _grams = new();
    readonly TermIndex _patterns = new();

    public ModuleIndex(IReadOnlyList<ModuleInfo> modules)
    {
        _modules = [.. modules];
        foreach (var module in _modules)
        {
            var card = module.Card[..Math.Min(module.Card.Length, CardLimit)];
            List<string> words = [.. TextTerms.NameWords(module.Id), .. TextTerms.Words(card)];
            _words.Add(words);
            _grams.AddGrams(words);
            _patterns.Add(ExampleTable.Rows(card).SelectMany(row => AnswerPatterns.Of(row.Input, row.Target)));
        }
    }

    /// <summary>Whether the index was made of exactly these modules in this order; it is made anew when not.</summary>
    public bool IsOf(IReadOnlyList<ModuleInfo> modules)
    {
        if (modules.Count != _modules.Length)
        {
            return false;
        }

        for (var i = 0; i < _modules.Length; i++)
        {
            if (!ReferenceEquals(modules[i], _modules[i])) // a catalog keeps the record of a folder that has not changed
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Every module once, best first, equally good ones by id. An output without an input (or the reverse) counts as well.</summary>
    public IReadOnlyList<RankedModule> Rank(IReadOnlyList<string> exampleInputs, IReadOnlyList<string> exampleOutputs)
    {
        var words = new List<string>();
        var grams = new List<string>();
        var patterns = new List<string>();
        for (var i = 0; i < Math.Min(Math.Max(exampleInputs.Count, exampleOutputs.Count), MostExamples); i++)
        {
            var (input, output) = (Read(exampleInputs, i), Read(exampleOutputs, i));
            List<string> ofBoth = [.. TextTerms.Words(input), .. TextTerms.Words(output)];
            words.AddRange(ofBoth.Distinct(StringComparer.Ordinal));
            grams.AddRange(TextTerms.Grams(ofBoth).Distinct(StringComparer.Ordinal));
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
