using LoraHub.Modules.Library;
using LoraHub.Modules.Versions;

namespace LoraHub.Storage.Tests.Contracts;

/// <summary>
/// The contract of every <see cref="IModuleIndex"/> for names that several publish under, and for what publications are compared with.
/// </summary>
public abstract class ModuleOwnershipContract : IAsyncLifetime
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
    public async Task Of_many_who_take_a_new_name_at_once_one_gets_it()
    {
        var taken = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Modules.TryPutOwnAsync(By($"publisher {i}", (char)('1' + i)), Token)));

        Assert.Single(taken, got => got);
        Assert.Single(await Modules.VersionsAsync("mine/colors", Token));
    }

    [Fact]
    public async Task A_name_stays_its_publishers_and_the_librarys()
    {
        Assert.True(await Modules.TryPutOwnAsync(By("anna", '1'), Token));
        Assert.True(await Modules.TryPutOwnAsync(By("anna", '2'), Token));
        Assert.False(await Modules.TryPutOwnAsync(By("bert", '3'), Token));
        Assert.False(await Modules.TryPutOwnAsync(By(null, '3'), Token));
        await Modules.PutAsync(By("anna", '2') with { IsOwned = false }, Token);
        Assert.False(await Modules.TryPutOwnAsync(By("anna", '3'), Token));

        Assert.Equal(['2', '1'], (await Modules.VersionsAsync("mine/colors", Token)).Select(version => version.Digest![0]));
    }

    [Fact]
    public async Task A_name_in_another_spelling_is_found_among_modules_and_models_unless_the_name_itself_is_there()
    {
        await Modules.PutAsync(By("anna", '1'), Token);
        await _engine.Models.CreateAsync(new() { Id = "Bert/Later", CreatedBy = "bert", CreatedAt = Some.Moment }, Token);

        Assert.Equal("mine/colors", await Modules.OtherSpellingAsync("Mine/COLORS", Token));
        Assert.Equal("Bert/Later", await Modules.OtherSpellingAsync("bert/later", Token));
        Assert.Null(await Modules.OtherSpellingAsync("mine/colors", Token));
        Assert.Null(await Modules.OtherSpellingAsync("mine/color_", Token));

        await Modules.PutAsync(By("anna", '1') with { Id = "Mine/Colors" }, Token); // of an earlier version of the program
        Assert.Null(await Modules.OtherSpellingAsync("Mine/Colors", Token));
        Assert.Equal("Mine/Colors", await Modules.OtherSpellingAsync("MINE/COLORS", Token));
    }

    [Fact]
    public async Task The_times_of_a_module_are_those_of_its_first_and_its_current_version()
    {
        await Modules.PutAsync(By("anna", '1') with { PublishedAt = Some.Moment }, Token);
        await Modules.PutAsync(By("anna", '2') with { PublishedAt = Some.Moment.AddDays(2) }, Token);
        await Modules.PutAsync(By("anna", '3') with { PublishedAt = Some.Moment.AddDays(1) }, Token);

        Assert.Equal((Some.Moment, Some.Moment.AddDays(1)), (await Modules.TimesAsync(Token))["mine/colors"]);
    }

    [Fact]
    public async Task A_created_model_belongs_to_its_creator_before_its_first_version()
    {
        Assert.True(await _engine.Models.CreateAsync(new() { Id = "mine/colors", CreatedBy = "anna", CreatedAt = Some.Moment }, Token));

        Assert.False(await Modules.TryPutOwnAsync(By("bert", '1'), Token));
        Assert.False(await Modules.TryPutOwnAsync(By(null, '1'), Token));
        Assert.True(await Modules.TryPutOwnAsync(By("anna", '1'), Token));
        Assert.False(await _engine.Models.CreateAsync(new() { Id = "mine/colors", CreatedBy = "anna", CreatedAt = Some.Moment }, Token));
    }

    [Fact]
    public async Task The_name_of_a_module_cannot_be_created_as_a_model()
    {
        await Modules.PutAsync(By("anna", '1'), Token);

        Assert.False(await _engine.Models.CreateAsync(new() { Id = "mine/colors", CreatedBy = "bert", CreatedAt = Some.Moment }, Token));

        Assert.Null(await _engine.Models.FindAsync("mine/colors", Token));
        await _engine.Models.UpdateAsync("mine/colors", _ => new() { Id = "mine/colors", CreatedBy = "an admin", CreatedAt = Some.Moment }, Token);
        Assert.True(await Modules.TryPutOwnAsync(By("anna", '2'), Token)); // a description changes nothing about whose module it is
    }

    [Fact]
    public async Task Of_a_model_and_a_version_with_one_new_name_at_once_one_is_created()
    {
        for (var i = 0; i < 8; i++)
        {
            var id = $"mine/colors-{i}";
            var creating = _engine.Models.CreateAsync(new() { Id = id, CreatedBy = "anna", CreatedAt = Some.Moment }, Token);
            var publishing = Modules.TryPutOwnAsync(By("bert", '1') with { Id = id }, Token);

            Assert.Single(await Task.WhenAll(creating, publishing), created => created);
        }
    }

    [Fact]
    public async Task Updates_are_those_of_current_versions_and_of_all_in_quarantine()
    {
        await Modules.PutAsync(By("anna", '1') with { Quarantine = "In dispute." }, Token);
        await Modules.PutAsync(By("anna", '2'), Token);
        await Modules.PutAsync(By("anna", '3'), Token);
        await Modules.PutAsync(Some.Broken("mine/broken"), Token);

        var updates = await Modules.UpdatesAsync(Token);

        Assert.Equal(
            [('1', "In dispute."), ('3', null)], updates.OrderBy(update => update.Digest).Select(update => (update.Digest[0], update.Quarantine)));
        Assert.Equal([true, false], updates.OrderBy(update => update.Digest).Select(update => update.Sketch is not null));
    }

    static ModuleVersion By(string? publisher, char digit) => Some.Module("mine/colors", digit) with { PublishedBy = publisher, IsOwned = true };
}
