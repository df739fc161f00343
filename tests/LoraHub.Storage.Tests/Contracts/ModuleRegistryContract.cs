using System.Text.Json;
using LoraHub.Modules.Library;
using LoraHub.Modules.Versions;

namespace LoraHub.Storage.Tests.Contracts;

/// <summary>The contract of every <see cref="IModuleIndex"/>, except for search and usage counts.</summary>
public abstract class ModuleRegistryContract : IAsyncLifetime
{
    Engine _engine = null!;

    IModuleIndex Modules => _engine.Modules;

    static CancellationToken Token => TestContext.Current.CancellationToken;

    protected abstract Task<Engine> NewEngineAsync();

    public async ValueTask InitializeAsync() => _engine = await NewEngineAsync();

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await _engine.DisposeAsync();
    }

    [Fact]
    public async Task A_module_is_found_as_it_was_registered()
    {
        var registered = Some.Module("mine/colors") with
        {
            Source = "https://huggingface.co/mine/colors",
            Revision = "abc",
            PublishedBy = "someone",
            Quarantine = "its norm is odd.",
            Card = new ModuleCard
            {
                Text = "# Colors\n",
                Task = "text2text-generation",
                Tags = ["lora", "ä"],
                License = "mit",
                Datasets = ["one", "two"],
                PromptTemplate = "Q: {x}\n",
            },
        };

        await Modules.PutAsync(registered, Token);

        Assert.Equal(Json(registered with { IsCurrent = true }), Json(await FindAsync("mine/colors")));
        Assert.Single(await ListAsync(new ModuleQuery()));
    }

    [Fact]
    public async Task The_modules_with_a_version_are_found_by_its_digest_alone_also_by_that_of_an_earlier_one()
    {
        await Modules.PutAsync(Some.Module("mine/colors", '1'), Token);
        await Modules.PutAsync(Some.Module("mine/colors", '2'), Token);
        await Modules.PutAsync(Some.Module("mine/copy", '1'), Token);

        Assert.Equal(["mine/colors", "mine/copy"], await Modules.IdsOfAsync(new string('1', 64), Token));
        Assert.Equal(["mine/colors"], await Modules.IdsOfAsync(new string('2', 64), Token));
        Assert.Empty(await Modules.IdsOfAsync(new string('3', 64), Token));
    }

    [Fact]
    public async Task A_name_points_to_its_latest_version_and_keeps_the_others()
    {
        await Modules.PutAsync(Some.Module("mine/colors", '1'), Token);
        await Modules.PutAsync(Some.Module("mine/colors", '2') with { PublishedAt = Some.Moment.AddDays(1) }, Token);
        await Modules.PutAsync(Some.Module("mine/colors", '3') with { PublishedAt = Some.Moment.AddDays(2) }, Token);
        await Modules.PutAsync(Some.Module("mine/colors", '1'), Token); // back to the first

        var versions = await Modules.VersionsAsync("mine/colors", Token);

        Assert.Equal([('1', true), ('3', false), ('2', false)], versions.Select(version => (version.Digest![0], version.IsCurrent)));
        Assert.Single(await ListAsync(new ModuleQuery()));
        Assert.Equal(Some.Digest('1'), Assert.Single(await ListAsync(new ModuleQuery())).Digest);
        Assert.Equal("stamp 1", (await Modules.StampsAsync(Token))["mine/colors"]);
    }

    [Fact]
    public async Task A_pin_finds_its_version_whether_or_not_the_name_points_to_it()
    {
        await Modules.PutAsync(Some.Module("mine/colors", '1'), Token);
        await Modules.PutAsync(Some.Module("mine/colors", '2'), Token);

        Assert.Equal(Some.Digest('1'), (await FindAsync("mine/colors@111111111111"))!.Digest);
        Assert.Equal(Some.Digest('2'), (await FindAsync($"mine/colors@{Some.Digest('2')}"))!.Digest);
        Assert.Null(await FindAsync("mine/colors@333333333333"));
    }

    [Fact]
    public async Task An_ambiguous_pin_is_not_found()
    {
        await Modules.PutAsync(Some.Module("mine/colors") with { Digest = new string('1', 63) + "a" }, Token);
        await Modules.PutAsync(Some.Module("mine/colors") with { Digest = new string('1', 63) + "b" }, Token);

        Assert.Null(await FindAsync("mine/colors@111111111111"));
    }

    [Fact]
    public async Task Registering_a_version_again_updates_only_what_changed()
    {
        await Modules.PutAsync(Some.Module("mine/colors", tags: "old"), Token);
        await Modules.PutAsync(Some.Module("mine/colors", tags: "old"), Token);
        await Modules.PutAsync(Some.Module("mine/colors", tags: ["new", "new"]) with { Quarantine = "odd" }, Token);

        var only = Assert.Single(await Modules.VersionsAsync("mine/colors", Token));

        Assert.Equal("odd", only.Quarantine);
        Assert.Empty(await ListAsync(new ModuleQuery { Tag = "old" }));
        Assert.Single(await ListAsync(new ModuleQuery { Tag = "new" }));
    }

    [Fact]
    public async Task A_repaired_folder_replaces_its_broken_version()
    {
        await Modules.PutAsync(Some.Broken("mine/colors"), Token);
        Assert.Equal("adapter_model.safetensors is truncated.", (await FindAsync("mine/colors"))!.Problem);

        await Modules.PutAsync(Some.Module("mine/colors"), Token);

        Assert.Null(Assert.Single(await Modules.VersionsAsync("mine/colors", Token)).Problem);
    }

    [Fact]
    public async Task Removing_a_name_removes_only_its_own_versions()
    {
        await Modules.PutAsync(Some.Module("mine/colors", '1', "words", null, "lora"), Token);
        await Modules.PutAsync(Some.Module("mine/colors", '2', "words", null, "lora"), Token);
        await Modules.PutAsync(Some.Module("mine/plurals", '3', "words", null, "lora"), Token);

        await Modules.RemoveAsync("mine/colors", Token);
        await Modules.RemoveAsync("mine/colors", Token);

        Assert.Null(await FindAsync("mine/colors"));
        Assert.Empty(await Modules.VersionsAsync("mine/colors", Token));
        Assert.Equal("mine/plurals", Assert.Single(await ListAsync(new ModuleQuery { Tag = "lora" })).Id);
        Assert.Equal("mine/plurals", Assert.Single(await ListAsync(new ModuleQuery { Text = "words" })).Id);
    }

    [Theory]
    [InlineData("red blue", false, 1)]
    [InlineData("red green", false, 0)]
    [InlineData("red green", true, 2)]
    [InlineData("violet", true, 0)]
    [InlineData(null, true, 3)]
    public async Task A_text_is_found_by_all_of_its_words_or_by_one_and_counted_beyond_the_page(string? text, bool anyWord, int count)
    {
        await Modules.PutAsync(Some.Module("mine/a", '1', "red blue"), Token);
        await Modules.PutAsync(Some.Module("mine/b", '2', "red"), Token);
        await Modules.PutAsync(Some.Module("mine/c", '3', "yellow"), Token);
        var query = new ModuleQuery { Text = text, AnyWord = anyWord };

        Assert.Equal(count, (await ListAsync(query)).Count);
        Assert.Equal(count, await Modules.CountAsync(query with { Limit = 1 }, Token));
    }

    [Fact]
    public async Task Removing_a_version_leaves_the_others_and_the_next_put_makes_one_of_them_current()
    {
        var (first, second) = (Some.Module("mine/colors", '1', "words"), Some.Module("mine/colors", '2', "words"));
        await Modules.PutAsync(first, Token);
        await Modules.PutAsync(second, Token);

        await Modules.RemoveUnusedAsync("mine/colors", second.Digest!, Token);
        await Modules.RemoveUnusedAsync("mine/colors", new string('9', 64), Token);
        await Modules.PutAsync(first, Token);

        Assert.Equal(first.Digest, Assert.Single(await Modules.VersionsAsync("mine/colors", Token)).Digest);
        Assert.Equal(first.Digest, Assert.Single(await ListAsync(new ModuleQuery { Text = "words" })).Digest);
    }

    [Fact]
    public async Task Of_two_versions_registered_at_once_the_name_points_to_one_and_both_stay()
    {
        await Task.WhenAll("0123456789abcdef".Select(digit => Task.Run(() => Modules.PutAsync(Some.Module("mine/colors", digit), Token))));

        var versions = await Modules.VersionsAsync("mine/colors", Token);

        Assert.Equal(16, versions.Count);
        Assert.Single(versions, version => version.IsCurrent);
        Assert.Single(await ListAsync(new ModuleQuery { Text = "colors" }));
    }

    [Fact]
    public async Task Every_filter_that_is_given_must_hold()
    {
        await Modules.PutAsync(Some.Module("mine/a", '1', "", "qa", "x", "y"), Token);
        await Modules.PutAsync(Some.Module("mine/b", '2', "", "qa", "y") with { Report = Some.Report(rank: 4) }, Token);
        await Modules.PutAsync(Some.Module("others/c", '3', "", "nli", "x") with { Report = Some.Report("other/model"), Quarantine = "odd" }, Token);
        await Modules.PutAsync(Some.Broken("others/d"), Token);

        Assert.Equal(["mine/a", "mine/b"], await IdsAsync(new ModuleQuery { Owner = "mine" }));
        Assert.Equal(["mine/a", "mine/b"], await IdsAsync(new ModuleQuery { BaseModel = "lorahub/t5-mini" }));
        Assert.Equal(["others/c"], await IdsAsync(new ModuleQuery { Task = "nli" }));
        Assert.Equal(["mine/a", "others/c"], await IdsAsync(new ModuleQuery { Tag = "x" }));
        Assert.Equal(["mine/b"], await IdsAsync(new ModuleQuery { Rank = 4 }));
        Assert.Equal(["mine/a", "mine/b"], await IdsAsync(new ModuleQuery { UsableOnly = true }));
        Assert.Equal(["mine/a"], await IdsAsync(new ModuleQuery { Owner = "mine", Task = "qa", Tag = "x", Rank = 8, UsableOnly = true }));
        Assert.Empty(await IdsAsync(new ModuleQuery { Owner = "min" }));
        Assert.Equal(["mine/a", "mine/b", "others/c", "others/d"], await IdsAsync(new ModuleQuery()));
    }

    [Fact]
    public async Task Pages_hold_every_module_once_in_the_order_of_ids()
    {
        string[] ids = [.. Enumerable.Range(0, 25).Select(i => $"mine/{(char)('A' + (i * 7 % 25))}{i % 3}_x"), "Mine/z", "mine-2/a"];
        foreach (var id in ids)
        {
            await Modules.PutAsync(Some.Module(id), Token);
        }

        var paged = new List<string>();
        for (var skip = 0; skip < 30; skip += 4)
        {
            paged.AddRange(await IdsAsync(new ModuleQuery { Skip = skip, Limit = 4 }));
        }

        Assert.Equal(ids.Order(StringComparer.Ordinal), paged);
    }

    [Fact]
    public async Task Any_text_is_valid_as_an_id_or_a_filter()
    {
        await Modules.PutAsync(Some.Module("mine/colors"), Token);

        foreach (var text in new[] { "", "\0", "%", "mine/%", "mine/color_", "' OR 1=1 --", "\ud83d", "MINE/COLORS", new string('x', 100_000) })
        {
            Assert.Null(await Modules.FindAsync(new ModuleReference(text, null), Token));
            Assert.Null(await Modules.FindAsync(new ModuleReference("mine/colors", "x" + text), Token));
            Assert.Empty(await Modules.VersionsAsync(text, Token));
            Assert.Empty(await Modules.HoldersAsync("/" + text + "/", Token));
            Assert.Empty(await Modules.SketchesAsync(text, new ModuleQuery(), Token));
            Assert.Empty(await ListAsync(new ModuleQuery { Owner = text }));
            Assert.Empty(await ListAsync(new ModuleQuery { BaseModel = text, Task = text, Tag = text }));
            await Modules.RemoveAsync(text, Token);
        }

        Assert.Single(await ListAsync(new ModuleQuery()));
    }

    [Fact]
    public async Task A_card_is_stored_with_any_characters()
    {
        var long_ = new string('ü', 5000);
        await Modules.PutAsync(
            Some.Module("mine/colors") with
            {
                Card = new ModuleCard
                {
                    Text = "a\0b \ud83d c",
                    Task = "\0",
                    Tags = ["\ud83d", long_],
                    License = "'",
                    Datasets = ["\0"],
                },
            }, Token);

        var found = await FindAsync("mine/colors");

        Assert.Equal("a\uFFFDb \uFFFD c", found!.Card.Text);
        Assert.Equal("\uFFFD", found.Card.Tags[0]);
        Assert.Single(await ListAsync(new ModuleQuery { Tag = long_ }));
        Assert.Single(await ListAsync(new ModuleQuery { Task = "\0" }));
    }

    [Fact]
    public async Task Sketches_are_those_of_the_versions_that_the_names_of_a_base_model_point_to()
    {
        await Modules.PutAsync(Some.Module("mine/colors", '1'), Token);
        await Modules.PutAsync(Some.Module("mine/colors", '2') with { Report = Some.Report() with { Sketch = [9, 9], Norm = 3 } }, Token);
        await Modules.PutAsync(Some.Module("mine/others", '3') with { Report = Some.Report("other/model") }, Token);
        await Modules.PutAsync(Some.Broken("mine/broken"), Token);

        var sketch = Assert.Single(await Modules.SketchesAsync("lorahub/t5-mini", new ModuleQuery(), Token));

        Assert.Equal(("mine/colors", 3.0), (sketch.Id, sketch.Norm));
        Assert.Equal([9, 9], sketch.Sketch);
    }

    static string Json(ModuleVersion? module) => JsonSerializer.Serialize(module);

    Task<ModuleVersion?> FindAsync(string reference) => Modules.FindAsync(ModuleReference.Parse(reference)!, Token);

    Task<IReadOnlyList<ModuleVersion>> ListAsync(ModuleQuery query) => Modules.ListAsync(query, Token);

    async Task<IEnumerable<string>> IdsAsync(ModuleQuery query) => (await ListAsync(query)).Select(module => module.Id);
}
