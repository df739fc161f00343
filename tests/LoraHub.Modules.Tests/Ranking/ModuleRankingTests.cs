using System.Text;
using CsCheck;
using LoraHub.Modules.Ranking;
using LoraHub.Modules.Versions;

namespace LoraHub.Modules.Tests.Ranking;

public sealed class ModuleRankingTests
{
    const int HangsAfter = 120_000; // milliseconds; guards against a hang and measures nothing

    static readonly string[] Pieces = ["cat", "cats", "( ", "\ud83d", "e\u0301", "\n| input | target |\n|---|---|\n", "| a | b |\n", "18 "];

    static readonly Gen<string> AnyText = Gen.OneOf(
            Gen.Char['\0', '\uFFFF'].Select(character => $"{character}"),
            Gen.Char[' ', '~'].Select(character => $"{character}"),
            Gen.Int[0, Pieces.Length - 1].Select(i => Pieces[i]))
        .Array[0, 30].Select(string.Concat);

    static readonly Gen<ModuleVersion[]> AnyModules =
        Gen.Select(AnyText, AnyText, (name, card) => (name, card)).Array[0, 12]
            .Select(texts => texts.Select((text, i) => Module($"hub/{i}-{text.name}", text.card)).ToArray());

    static readonly Gen<string[]> AnyExamples = AnyText.Array[0, 6];

    static readonly Gen<string> Word = Gen.Char['a', 'm'].Array[1, 9].Select(letters => new string(letters));

    [Fact]
    public void The_order_of_the_modules_does_not_matter()
    {
        Gen.Select(AnyModules, AnyExamples, AnyExamples, Gen.Int).Sample((modules, inputs, outputs, seed) =>
        {
            var shuffled = modules.ToArray();
            new Random(seed).Shuffle(shuffled);

            Assert.Equal(ModuleRanking.Rank(inputs, outputs, modules), ModuleRanking.Rank(inputs, outputs, shuffled));
        });
    }

    [Fact]
    public void Every_module_is_ranked_once_with_a_finite_score_best_first()
    {
        Gen.Select(AnyModules, AnyExamples, AnyExamples).Sample((modules, inputs, outputs) =>
        {
            var ranking = ModuleRanking.Rank(inputs, outputs, modules);

            Assert.Equal(
                modules.OrderBy(module => module.Id, StringComparer.Ordinal),
                ranking.Select(ranked => ranked.Module).OrderBy(module => module.Id, StringComparer.Ordinal));
            Assert.All(ranking, ranked => Assert.True(double.IsFinite(ranked.Score) && ranked.Score >= 0));
            Assert.Equal(ranking.OrderByDescending(ranked => ranked.Score).ThenBy(ranked => ranked.Module.Id, StringComparer.Ordinal), ranking);
        });
    }

    /// <summary>
    /// BM25 allows a short card that repeats one rare word to score above a long one with all of them, so the rivals are of the same length.
    /// </summary>
    [Fact]
    public void A_card_with_all_words_of_the_examples_ranks_above_cards_without_some()
    {
        var rivals = Gen.Select(Gen.Int, Gen.Int[1, 100]).Array[0, 12];
        Gen.Select(Gen.Select(Word, Word, (input, output) => (input, output)).Array[1, 8], rivals).Sample((examples, changes) =>
        {
            string[] words = [.. examples.SelectMany(example => new[] { example.input, example.output })];
            var modules = changes.Select((change, i) => Module($"hub/x-{i}", string.Join(' ', SomeReplaced(words, change.Item1, change.Item2))));
            var exact = Module("hub/z-99", string.Join(' ', words));

            var ranking = ModuleRanking.Rank(
                [.. examples.Select(example => example.input)], [.. examples.Select(example => example.output)], [.. modules, exact]);

            Assert.Same(exact, ranking[0].Module);
        });
    }

    [Fact]
    public void Without_examples_or_cards_the_order_is_by_id()
    {
        ModuleVersion[] modules = [Module("hub/b", ""), Module("hub/a", ""), Module("hub/c", "cats")];

        Assert.Equal(["hub/a", "hub/b", "hub/c"], Ids(ModuleRanking.Rank([], [], modules)));
        Assert.Equal(["hub/a", "hub/b"], Ids(ModuleRanking.Rank(["dog"], ["dogs"], modules[..2])));
        Assert.Empty(ModuleRanking.Rank(["dog"], ["dogs"], []));
    }

    [Theory]
    [InlineData("hub/question_answering", "Answering")] // a word of the name
    [InlineData("hub/flanTranslate5", "translate")] // a part of a word
    [InlineData("hub/pluralize", "plural")] // a word with the same stem
    public void A_module_is_found_by_its_name(string id, string word)
    {
        var ranking = ModuleRanking.Rank([word], [""], [Module("hub/a", "a card of something"), Module(id, ""), Module("hub/z", "")]);

        Assert.Equal(id, ranking[0].Module.Id);
        Assert.True(ranking[0].Score > 0);
    }

    [Theory]
    [InlineData("| knife | knives |", "life", "lives")]
    [InlineData("| banana | ( banana ) |", "lose", "( lost )")]
    [InlineData("| which letter? (A) x (B) y | (B) |", "one of (A) u (B) v", "(A)")]
    [InlineData("| 6 plus 2 | 8 |", "9 9", "18")]
    public void A_card_whose_examples_have_answers_of_the_same_shape_ranks_higher(string row, string input, string output)
    {
        const string Header = "| input | target |\n|---|---|\n";
        ModuleVersion[] modules = [Module("hub/a", $"{Header}| sun | Sol. |"), Module("hub/z", $"{Header}{row}")];

        Assert.Equal("hub/z", ModuleRanking.Rank([input], [output], modules)[0].Module.Id);
    }

    [Fact(Timeout = HangsAfter)]
    public async Task Hostile_examples_are_ranked()
    {
        var random = new Random(1);
        var noise = new StringBuilder();
        for (var i = 0; i < 1_000_000; i++)
        {
            noise.Append((char)random.Next(0x10000));
        }

        string[] texts =
        [
            new('a', 4_000_000), noise.ToString(), new('\ud800', 1_000_000), string.Concat(Enumerable.Repeat("| a | b |\n", 100_000)),
            .. Enumerable.Range(0, 1000).Select(i => string.Concat(Enumerable.Range(0, 1000).Select(j => $"w{i * j:x} "))),
        ];
        var index = new CardIndex([.. texts.Take(50).Select((text, i) => Module($"hub/{i:00}", text))]);

        var ranking = await Task.Run(() => index.Rank(texts, [.. texts.Reverse()]), TestContext.Current.CancellationToken);

        Assert.Equal(50, ranking.Count);
        Assert.All(ranking, ranked => Assert.True(double.IsFinite(ranked.Score)));
    }

    [Fact(Timeout = HangsAfter)]
    public async Task Ten_thousand_modules_are_ranked()
    {
        var random = new Random(1);
        string[] vocabulary =
        [
            .. Enumerable.Range(0, 5_000)
                .Select(_ => new string([.. Enumerable.Range(0, random.Next(2, 11)).Select(_ => (char)('a' + random.Next(26)))])),
        ];
        string Text(int words) => string.Join(
            ' ', Enumerable.Range(0, words).Select(_ => vocabulary[(int)(vocabulary.Length * Math.Pow(random.NextDouble(), 3))]));
        var index = new CardIndex([.. Enumerable.Range(0, 10_000).Select(i => Module($"hub/module-{i}", Text(100)))]);
        string[] examples = [.. Enumerable.Range(0, 5).Select(_ => Text(100))];

        var ranked = await Task.Run(() => index.Rank(examples, examples), TestContext.Current.CancellationToken);

        Assert.Equal(10_000, ranked.Count);
        Assert.Equal(10_000, ranked.Select(one => one.Module.Id).Distinct(StringComparer.Ordinal).Count());
    }

    static IEnumerable<string> SomeReplaced(string[] words, int seed, int percent)
    {
        var random = new Random(seed);
        var replaced = Enumerable.Range(0, words.Length).Where(_ => random.Next(100) < percent).ToHashSet();
        replaced.Add(random.Next(words.Length));
        return words.Select((word, i) => replaced.Contains(i) ? new string((char)random.Next('n', 'z' + 1), word.Length) : word);
    }

    static string[] Ids(IReadOnlyList<RankedModule> ranking) => [.. ranking.Select(ranked => ranked.Module.Id)];

    static ModuleVersion Module(string id, string card) => new()
    {
        Id = id,
        Folder = "",
        BaseModel = "hub/base",
        Rank = 8,
        Layout = "r8",
        Card = new ModuleCard { Purpose = card },
    };
}
