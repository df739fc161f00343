using LoraHub.Core.Deployments;

namespace LoraHub.Storage.Tests.Contracts;

/// <summary>The contract of every <see cref="IDeploymentStore"/>, and of the <see cref="IPinnedVersions"/> that follow from it.</summary>
public abstract class DeploymentStoreContract : IAsyncLifetime
{
    static readonly Deployment First = new()
    {
        Id = "mine/french",
        CreatedBy = "anna",
        CreatedAt = Some.Moment,
        Release = new DeploymentRelease
        {
            Model = "mine/colors",
            Version = Some.Digest('1'),
            Hardware = "cpu",
            MinInstances = 1,
            MaxInstances = 2,
            CreatedBy = "anna",
            CreatedAt = Some.Moment,
        },
    };

    Engine _engine = null!;

    IDeploymentStore Deployments => _engine.Deployments;

    static CancellationToken Token => TestContext.Current.CancellationToken;

    protected abstract Task<Engine> NewEngineAsync();

    public async ValueTask InitializeAsync() => _engine = await NewEngineAsync();

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await _engine.DisposeAsync();
    }

    [Fact]
    public async Task A_deployment_is_found_as_it_was_created_and_its_name_is_taken()
    {
        Assert.Null(await Deployments.FindAsync(First.Id, Token));
        Assert.True(await Deployments.CreateAsync(First, Token));
        Assert.False(await Deployments.CreateAsync(First with { CreatedBy = "bert" }, Token));

        Assert.Equal(First, await Deployments.FindAsync(First.Id, Token));
    }

    [Fact]
    public async Task Of_many_who_create_a_deployment_at_once_one_succeeds()
    {
        var created = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Deployments.CreateAsync(First with { CreatedBy = $"creator {i}" }, Token)));

        Assert.Single(created, got => got);
    }

    [Fact]
    public async Task An_update_makes_the_next_release()
    {
        await Deployments.CreateAsync(First, Token);
        var later = Some.Moment.AddHours(1);

        var updated = await Deployments.UpdateAsync(
            First.Id, release => release with { Version = Some.Digest('2'), Number = 7, CreatedBy = "bert", CreatedAt = later }, Token);

        var expected = First.Release with { Number = 2, Version = Some.Digest('2'), CreatedBy = "bert", CreatedAt = later };
        Assert.Equal(First with { Release = expected }, updated);
        Assert.Equal(updated, await Deployments.FindAsync(First.Id, Token));
        Assert.Null(await Deployments.UpdateAsync("mine/unknown", release => release, Token));
    }

    [Fact]
    public async Task Updates_at_once_get_a_number_each()
    {
        await Deployments.CreateAsync(First with { Release = First.Release with { MaxInstances = 0 } }, Token);

        var updated = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ =>
            Deployments.UpdateAsync(First.Id, release => release with { MaxInstances = release.MaxInstances + 1 }, Token)));

        Assert.Equal(Enumerable.Range(2, 8), updated.Select(deployment => deployment!.Release.Number).Order());
        Assert.Equal(8, (await Deployments.FindAsync(First.Id, Token))!.Release.MaxInstances);
    }

    [Fact]
    public async Task Deployments_are_listed_newest_first_also_those_of_one_model()
    {
        for (var i = 0; i < 4; i++)
        {
            var release = First.Release with { Model = i % 2 == 0 ? "mine/colors" : "mine/plurals" };
            await Deployments.CreateAsync(First with { Id = $"mine/d{i}", CreatedAt = Some.Moment.AddSeconds(i), Release = release }, Token);
        }

        await Deployments.UpdateAsync("mine/d0", release => release with { CreatedAt = Some.Moment.AddHours(1) }, Token);

        Assert.Equal(["mine/d3", "mine/d2", "mine/d1", "mine/d0"], await IdsAsync(model: null, 0, 10));
        Assert.Equal(["mine/d2", "mine/d1"], await IdsAsync(model: null, 1, 2));
        Assert.Equal(["mine/d2", "mine/d0"], await IdsAsync("mine/colors", 0, 10));
        Assert.Empty(await IdsAsync("mine/unknown", 0, 10));
    }

    [Fact]
    public async Task A_removed_deployment_is_gone()
    {
        await Deployments.CreateAsync(First, Token);

        Assert.True(await Deployments.RemoveAsync(First.Id, Token));
        Assert.False(await Deployments.RemoveAsync(First.Id, Token));

        Assert.Null(await Deployments.FindAsync(First.Id, Token));
    }

    [Fact]
    public async Task Workers_learn_which_versions_stay_loaded_on_their_hardware()
    {
        await UntilPinnedAsync();
        await Deployments.CreateAsync(First, Token);
        await Deployments.CreateAsync(First with { Id = "mine/same" }, Token);
        await Deployments.CreateAsync(First with { Id = "mine/idle", Release = First.Release with { MinInstances = 0, Version = Some.Digest('3') } }, Token);
        await Deployments.CreateAsync(First with { Id = "mine/gpu", Release = First.Release with { Hardware = "gpu", Version = Some.Digest('4') } }, Token);
        await UntilPinnedAsync('1');

        await Deployments.UpdateAsync(First.Id, release => release with { Version = Some.Digest('2') }, Token);
        await UntilPinnedAsync('1', '2');

        await Deployments.RemoveAsync("mine/same", Token);
        await UntilPinnedAsync('2');
    }

    async Task UntilPinnedAsync(params char[] digits)
    {
        using var limit = new CancellationTokenSource(Wait.Limit);
        var expected = digits.Select(digit => new PinnedVersion("mine/colors", Some.Digest(digit))).ToHashSet();
        while (!expected.SetEquals(await _engine.Pinned.ReadAsync(limit.Token)))
        {
            await Task.Delay(20, limit.Token);
        }
    }

    async Task<IEnumerable<string>> IdsAsync(string? model, int skip, int limit) =>
        (await Deployments.ListAsync(model, skip, limit, Token)).Select(deployment => deployment.Id);
}
