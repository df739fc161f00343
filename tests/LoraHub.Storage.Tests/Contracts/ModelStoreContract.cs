using LoraHub.Core.Models;

namespace LoraHub.Storage.Tests.Contracts;

/// <summary>The contract of every <see cref="IModelStore"/>.</summary>
public abstract class ModelStoreContract : IAsyncLifetime
{
    static readonly ModelEntry Full = new()
    {
        Id = "mine/colors",
        Description = "Names of colors. ä \ud83d\udc08",
        Readme = "# Colors\n",
        Visibility = "private",
        GithubUrl = "https://github.com/mine/colors",
        PaperUrl = "https://arxiv.org/abs/2307.13269",
        LicenseUrl = "https://example.org/license",
        WeightsUrl = "https://example.org/weights",
        CoverImageUrl = "https://example.org/cover.png",
        CreatedBy = "anna",
        CreatedAt = Some.Moment,
    };

    Engine _engine = null!;

    IModelStore Models => _engine.Models;

    static CancellationToken Token => TestContext.Current.CancellationToken;

    protected abstract Task<Engine> NewEngineAsync();

    public async ValueTask InitializeAsync() => _engine = await NewEngineAsync();

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await _engine.DisposeAsync();
    }

    [Fact]
    public async Task An_entry_is_found_as_it_was_created()
    {
        Assert.Null(await Models.FindAsync(Full.Id, Token));
        Assert.True(await Models.CreateAsync(Full, Token));

        Assert.Equal(Full, await Models.FindAsync(Full.Id, Token));
        Assert.All(typeof(ModelEntry).GetProperties(), property => Assert.NotNull(property.GetValue(Full)));
        Assert.Null(await Models.FindAsync("mine/Colors", Token));
    }

    [Fact]
    public async Task A_second_model_with_an_id_is_refused()
    {
        await Models.CreateAsync(Full, Token);

        Assert.False(await Models.CreateAsync(new ModelEntry { Id = Full.Id, CreatedBy = "bert", CreatedAt = Some.Moment }, Token));

        Assert.Equal(Full, await Models.FindAsync(Full.Id, Token));
    }

    [Fact]
    public async Task Of_many_who_create_a_model_at_once_one_succeeds()
    {
        var created = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Models.CreateAsync(Full with { CreatedBy = $"creator {i}" }, Token)));

        Assert.Single(created, got => got);
    }

    [Fact]
    public async Task An_update_adds_an_entry_or_changes_it()
    {
        Assert.Equal(Full, await Models.UpdateAsync(Full.Id, current => current ?? Full, Token));

        var updated = await Models.UpdateAsync(Full.Id, current => current! with { Description = "\u0000", Readme = null }, Token);

        Assert.Equal(Full with { Description = "\ufffd", Readme = null }, updated); // PostgreSQL's text holds no NUL
        Assert.Equal(updated, await Models.FindAsync(Full.Id, Token));
    }

    [Fact]
    public async Task Updates_at_once_lose_nothing()
    {
        await Models.CreateAsync(Full with { Description = "" }, Token);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ =>
            Models.UpdateAsync(Full.Id, current => current! with { Description = current.Description + "." }, Token)));

        Assert.Equal("........", (await Models.FindAsync(Full.Id, Token))!.Description);
    }

    [Fact]
    public async Task An_update_that_throws_changes_nothing()
    {
        await Models.CreateAsync(Full, Token);

        await Assert.ThrowsAsync<InvalidOperationException>(() => Models.UpdateAsync(Full.Id, _ => throw new InvalidOperationException("no"), Token));

        Assert.Equal(Full, await Models.FindAsync(Full.Id, Token));
    }

    [Fact]
    public async Task A_removed_entry_is_gone_and_its_name_free()
    {
        await Models.CreateAsync(Full, Token);

        Assert.True(await Models.RemoveAsync(Full.Id, Token));
        Assert.False(await Models.RemoveAsync(Full.Id, Token));

        Assert.Null(await Models.FindAsync(Full.Id, Token));
        Assert.True(await Models.CreateAsync(Full with { CreatedBy = "bert" }, Token));
    }

    [Fact]
    public async Task Several_entries_are_found_at_once()
    {
        await Models.CreateAsync(Full, Token);
        await Models.CreateAsync(Full with { Id = "mine/plurals" }, Token);

        var found = await Models.FindAsync(["mine/plurals", "mine/unknown", Full.Id], Token);

        Assert.Equal([Full.Id, "mine/plurals"], found.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(Full, found[Full.Id]);
        Assert.Empty(await Models.FindAsync([], Token));
    }

    [Fact]
    public async Task Models_without_a_module_are_listed_by_id()
    {
        foreach (var id in (string[])["mine/b", "mine/a", "mine/c", "Zoe/x"])
        {
            await Models.CreateAsync(Full with { Id = id }, Token);
        }

        await _engine.Modules.PutAsync(Some.Module("mine/b") with { PublishedBy = "anna" }, Token);

        Assert.Equal(["Zoe/x", "mine/a", "mine/c"], (await Models.ListWithoutModuleAsync(0, 10, Token)).Select(entry => entry.Id));
        Assert.Equal(["mine/a"], (await Models.ListWithoutModuleAsync(1, 1, Token)).Select(entry => entry.Id));
    }
}
