using LoraHub.Modules.Library;

namespace LoraHub.Storage.Tests.Contracts;

/// <summary>The search for modules by words.</summary>
public abstract class ModuleSearchContract : IAsyncLifetime
{
    Engine _engine = null!;

    static CancellationToken Token => TestContext.Current.CancellationToken;

    protected abstract Task<Engine> NewEngineAsync();

    public async ValueTask InitializeAsync()
    {
        _engine = await NewEngineAsync();
        await PutAsync("lorahub/t5_mini-french", "English word to French: `en>fr {x}`. année");
        await PutAsync("lorahub/t5_mini-spanish", "English word to Spanish, not to any French.");
        await PutAsync("someone/flanQuestion_answering", "Answers to questions. SELECT NEAR AND OR NOT.");
        await PutAsync("someone/bare", "");
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await _engine.DisposeAsync();
    }

    [Theory]
    [InlineData("french", "lorahub/t5_mini-french", "lorahub/t5_mini-spanish")] // in the id it weighs more
    [InlineData("mini", "lorahub/t5_mini-french", "lorahub/t5_mini-spanish")] // equally good: by id
    [InlineData("MINI fre", "lorahub/t5_mini-french", "lorahub/t5_mini-spanish")]
    [InlineData("t5_mini-french", "lorahub/t5_mini-french", "lorahub/t5_mini-spanish")] // the other has those words too
    [InlineData("lorahub/t5_mini-french année", "lorahub/t5_mini-french")]
    [InlineData("ANNÉ", "lorahub/t5_mini-french")]
    [InlineData("question", "someone/flanQuestion_answering")]
    [InlineData("ques answ", "someone/flanQuestion_answering")]
    [InlineData("flanquest", "someone/flanQuestion_answering")]
    [InlineData("bare", "someone/bare")]
    [InlineData("ench")]
    [InlineData("french german")]
    public async Task Each_word_matches_as_a_prefix_in_the_id_or_the_card(string text, params string[] ids) =>
        Assert.Equal(ids, await FindAsync(text));

    [Theory]
    [InlineData("near", "someone/flanQuestion_answering")]
    [InlineData("NOT", "lorahub/t5_mini-spanish", "someone/flanQuestion_answering")]
    [InlineData("year OR french")]
    [InlineData("\"french", "lorahub/t5_mini-french", "lorahub/t5_mini-spanish")]
    [InlineData("french* -spanish", "lorahub/t5_mini-spanish")]
    [InlineData("id:french")]
    [InlineData("NEAR(french word)")]
    [InlineData("french & word | x'y")]
    [InlineData("'french':*B", "lorahub/t5_mini-french")]
    [InlineData("fre\0nch", "lorahub/t5_mini-french", "lorahub/t5_mini-spanish")]
    [InlineData("^french ( ) { } + ! <-> \\ % _ ; --", "lorahub/t5_mini-french", "lorahub/t5_mini-spanish")]
    [InlineData("\ud83d french \udc00", "lorahub/t5_mini-french", "lorahub/t5_mini-spanish")]
    public async Task Text_is_never_interpreted_as_an_operator(string text, params string[] ids)
    {
        // The remaining words match as any others: B, nch, OR and NEAR are words.
        if (text is "'french':*B")
        {
            await PutAsync("lorahub/t5_mini-french", "English word to French, better.");
        }
        else if (text is "fre\0nch")
        {
            await PutAsync("lorahub/t5_mini-french", "nch");
            await PutAsync("lorahub/t5_mini-spanish", "fre nch");
        }

        Assert.Equal(ids, await FindAsync(text));
    }

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("\"*-:&|\0")]
    public async Task Text_without_words_matches_everything(string text) =>
        Assert.Equal(["lorahub/t5_mini-french", "lorahub/t5_mini-spanish", "someone/bare", "someone/flanQuestion_answering"], await FindAsync(text));

    [Fact]
    public async Task Very_long_texts_are_searched_for_as_others()
    {
        Assert.Empty(await FindAsync(new string('x', 1_000_000)));
        Assert.Equal(2, (await FindAsync(string.Concat(Enumerable.Repeat("french ", 10_000)))).Count());
        Assert.Empty(await FindAsync(string.Join(' ', Enumerable.Range(0, 10_000))));
    }

    [Fact]
    public async Task Filters_and_words_are_combined()
    {
        await _engine.Modules.PutAsync(Some.Module("someone/french", 'a', "x") with { Report = Some.Report(rank: 4) }, Token);

        var found = await _engine.Modules.ListAsync(new ModuleQuery { Text = "french", Owner = "someone", Rank = 4 }, Token);

        Assert.Equal("someone/french", Assert.Single(found).Id);
    }

    [Fact]
    public async Task Only_the_words_of_the_version_that_the_name_points_to_are_searched()
    {
        await PutAsync("lorahub/t5_mini-french", "Nothing else.", 'f');

        Assert.Equal(["lorahub/t5_mini-french"], await FindAsync("nothing"));
        Assert.Equal([], await FindAsync("année"));
    }

    [Fact]
    public async Task Pages_of_a_search_hold_every_match_once()
    {
        for (var i = 0; i < 23; i++)
        {
            await PutAsync($"many/one-{i * 7 % 23:00}", i % 2 == 0 ? "needle" : "needle and much else");
        }

        var paged = new List<string>();
        for (var skip = 0; skip < 25; skip += 5)
        {
            paged.AddRange((await _engine.Modules.ListAsync(new ModuleQuery { Text = "needle", Skip = skip, Limit = 5 }, Token))
                .Select(module => module.Id));
        }

        Assert.Equal(23, paged.Distinct().Count());
        Assert.Equal(23, paged.Count);
    }

    [Fact]
    public async Task A_card_of_maximum_length_is_searched_completely()
    {
        await PutAsync("mine/long", string.Join(' ', Enumerable.Range(0, 10_000).Select(i => $"w{i}")) + " needle");

        Assert.Equal(["mine/long"], await FindAsync("needle w9999"));
    }

    Task PutAsync(string id, string card, char digit = '1') => _engine.Modules.PutAsync(Some.Module(id, digit, card), Token);

    async Task<IEnumerable<string>> FindAsync(string text) => (await _engine.Modules.ListAsync(new ModuleQuery { Text = text }, Token))
        .Select(module => module.Id);
}
