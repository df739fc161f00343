using LoraHub.Core.Predictions;
using LoraHub.Modules.Library;
using LoraHub.Modules.Versions;

namespace LoraHub.Storage.Tests.Contracts;

/// <summary>Holders of modules, and their counts of uses and downloads.</summary>
public abstract class ModuleUsesContract : IAsyncLifetime
{
    Engine _engine = null!;

    static CancellationToken Token => TestContext.Current.CancellationToken;

    protected abstract Task<Engine> NewEngineAsync();

    public async ValueTask InitializeAsync() => _engine = await NewEngineAsync();

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await _engine.DisposeAsync();
    }

    [Fact]
    public async Task A_prediction_that_succeeds_counts_once_for_each_version_that_it_used()
    {
        await PutAsync("mine/colors", '1');
        await PutAsync("mine/colors", '2');
        await PutAsync("mine/plurals", '1'); // the same bytes as the first

        await EndAsync(
            new PredictionEvent.Succeeded(),
            new("mine/colors", 0.5, Some.Digest('1')), new("mine/colors", 0.4, Some.Digest('1')), new("mine/plurals", 0.5, Some.Digest('9')),
            new("un/known", 1, Some.Digest('1')));

        var versions = await _engine.Modules.VersionsAsync("mine/colors", Token);
        Assert.Equal([('2', 0), ('1', 1)], versions.Select(version => (version.Digest![0], version.Uses)));
        Assert.Equal(_engine.Time.GetUtcNow(), versions[1].LastUsedAt);
        Assert.Equal(0, Assert.Single(await _engine.Modules.VersionsAsync("mine/plurals", Token)).Uses);

        await PutAsync("mine/colors", '1'); // registered again: the count stays
        await EndAsync(new PredictionEvent.Succeeded(), new ModuleWeight("mine/colors", 0, Some.Digest('1')));
        Assert.Equal(2, (await _engine.Modules.FindAsync(new ModuleReference("mine/colors", null), Token))!.Uses);
    }

    [Fact]
    public async Task A_failed_prediction_or_one_without_digests_counts_nothing()
    {
        await PutAsync("mine/colors", '1');

        await EndAsync(new PredictionEvent.Failed("no"), new ModuleWeight("mine/colors", 0.5, Some.Digest('1')));
        await EndAsync(new PredictionEvent.Succeeded(), new ModuleWeight("mine/colors", 0.5));

        var found = await _engine.Modules.FindAsync(new ModuleReference("mine/colors", null), Token);
        Assert.Equal((0, null), (found!.Uses, found.LastUsedAt));
    }

    [Fact]
    public async Task A_call_of_a_module_counts_once_for_its_version_and_holds_it_until_it_ends()
    {
        await PutAsync("mine/colors", '1');
        await PutAsync("mine/colors", '2');

        await CallAsync(new PredictionEvent.Succeeded(), new ModuleUse("mine/colors", Some.Digest('1')));
        await CallAsync(new PredictionEvent.Failed("no"), new ModuleUse("mine/colors", Some.Digest('1')));
        await CallAsync(new PredictionEvent.Succeeded(), module: null);

        var versions = await _engine.Modules.VersionsAsync("mine/colors", Token);
        Assert.Equal([('2', 0), ('1', 1)], versions.Select(version => (version.Digest![0], version.Uses)));
        Assert.Empty(await HoldersAsync("mine/colors"));
    }

    [Fact]
    public async Task Downloads_are_added_to_their_versions_and_sort_the_list()
    {
        await PutAsync("mine/colors", '1');
        await PutAsync("mine/colors", '2');
        await PutAsync("mine/plurals", '1');
        var (earlier, current) = (new ModuleReference("mine/colors", Some.Digest('1')), new ModuleReference("mine/colors", Some.Digest('2')));
        var plurals = new ModuleReference("mine/plurals", Some.Digest('1'));

        await CountAsync((earlier, 9), (current, 1), (plurals, 2), (new ModuleReference("un/known", Some.Digest('1')), 1));
        await CountAsync((current, 2));
        await PutAsync("mine/colors", '2'); // registered again: the count stays

        var versions = await _engine.Modules.VersionsAsync("mine/colors", Token);
        Assert.Equal([('2', 3), ('1', 9)], versions.Select(version => (version.Digest![0], version.Downloads)));
        Assert.Equal(["mine/colors", "mine/plurals"], await MostDownloadedAsync());

        await CountAsync((plurals, 2));
        Assert.Equal(["mine/plurals", "mine/colors"], await MostDownloadedAsync());
    }

    [Fact]
    public async Task A_prediction_holds_the_modules_it_composes_until_it_ends()
    {
        var created = _engine.NewPrediction() with { Plan = Some.Plan(new("mine/colors", Some.Digest('1')), new("mine/colors", Some.Digest('1'))) };
        await _engine.Store.CreateAsync(created, capacity: 100, Token);
        await using var lease = await _engine.LeaseAsync();
        await lease.AppendAsync([new PredictionEvent.Started(), new PredictionEvent.Logged("mine/plurals\n")], Token);
        await _engine.SettleAsync();

        Assert.Equal([created.Id], await HoldersAsync("mine/colors"));
        Assert.Empty(await HoldersAsync("mine/color"));
        Assert.Empty(await HoldersAsync("mine/plurals"));

        await lease.AppendAsync(new PredictionEvent.Succeeded());
        await _engine.SettleAsync();
        Assert.Empty(await HoldersAsync("mine/colors"));
    }

    [Fact]
    public async Task A_waiting_prediction_holds_the_modules_of_its_plan()
    {
        await WaitAsync("one", new("mine/plurals", Some.Digest('1')), new("mine/colors", Some.Digest('1')));
        await WaitAsync("two", new ModuleUse("mine/colors", Some.Digest('2')));
        await WaitAsync("other", new("mine/colors-2", Some.Digest('1')), new("my_mine/colors", Some.Digest('1')));

        Assert.Equal(["one", "two"], await HoldersAsync("mine/colors"));

        await _engine.CancelAsync("one");
        await _engine.SettleAsync();
        Assert.Equal(["two"], await HoldersAsync("mine/colors"));
        Assert.Empty(await HoldersAsync("mine/plurals"));
    }

    [Fact]
    public async Task A_module_in_use_is_not_removed_and_a_removed_one_is_not_used_until_it_is_put_again()
    {
        await PutAsync("mine/colors", '1');
        ModuleUse[] both = [new("mine/plurals", Some.Digest('1')), new("mine/colors", Some.Digest('1'))];
        await WaitAsync("one", both);

        Assert.Equal(["one"], await _engine.Modules.RemoveUnusedAsync("mine/colors", null, Token));
        Assert.Single(await _engine.Modules.VersionsAsync("mine/colors", Token));

        await _engine.CancelAsync("one");
        await _engine.SettleAsync();
        Assert.Empty(await _engine.Modules.RemoveUnusedAsync("mine/colors", null, Token));
        Assert.Empty(await _engine.Modules.VersionsAsync("mine/colors", Token));
        Assert.Equal(["mine/colors"], await _engine.Store.DeletedModulesAsync(both, Token));

        var late = _engine.NewPrediction("late") with { Plan = Some.Plan(both) };
        Assert.Equal(Creation.ModuleDeleted, await _engine.Store.CreateAsync(late, capacity: 100, Token));
        Assert.Null(await _engine.Store.FindAsync("late", Token));
        Assert.Empty(await HoldersAsync("mine/plurals"));

        await PutAsync("mine/colors", '1');
        Assert.Empty(await _engine.Store.DeletedModulesAsync(both, Token));
        Assert.Equal(Creation.Created, await _engine.Store.CreateAsync(late, capacity: 100, Token));
    }

    [Fact]
    public async Task A_removed_version_is_not_used_until_it_is_put_again_and_the_others_are()
    {
        await PutAsync("mine/colors", '1');
        await PutAsync("mine/colors", '2');
        Assert.Empty(await _engine.Modules.RemoveUnusedAsync("mine/colors", Some.Digest('1'), Token));

        Task<Creation> Create(string id, char digest) => _engine.Store.CreateAsync(
            _engine.NewPrediction(id) with { Plan = Some.Plan(new ModuleUse("mine/colors", Some.Digest(digest))) }, capacity: 100, Token);
        Assert.Equal(Creation.Created, await Create("other", '2'));
        Assert.Equal(Creation.ModuleDeleted, await Create("one", '1'));

        await PutAsync("mine/colors", '1');
        Assert.Equal(Creation.Created, await Create("one", '1'));
    }

    [Fact]
    public async Task Of_a_removal_and_a_creation_at_the_same_time_one_wins()
    {
        for (var round = 0; round < 20; round++)
        {
            var id = $"mine/m{round}";
            await PutAsync(id, '1');
            var prediction = _engine.NewPrediction($"round-{round}") with { Plan = Some.Plan(new ModuleUse(id, Some.Digest('1'))) };

            var creation = Task.Run(() => _engine.Store.CreateAsync(prediction, capacity: 100, Token), Token);
            var holders = await _engine.Modules.RemoveUnusedAsync(id, null, Token);

            Assert.Equal(holders.Count == 0 ? Creation.ModuleDeleted : Creation.Created, await creation);
            Assert.Equal(holders.Count, (await _engine.Modules.VersionsAsync(id, Token)).Count);
        }
    }

    [Fact]
    public async Task A_prediction_has_its_plan_until_it_ends()
    {
        await WaitAsync("one", new ModuleUse("mine/colors", Some.Digest('1')));
        Assert.NotNull((await _engine.FindAsync("one")).Created.Plan);
        await using var lease = await _engine.LeaseAsync();

        await lease.AppendAsync([new PredictionEvent.Started(), new PredictionEvent.Succeeded()], Token);

        Assert.Equal([new ModuleUse("mine/colors", Some.Digest('1'))], lease.Created.Plan!.Modules);
        Assert.Null((await _engine.FindAsync("one")).Created.Plan);
    }

    Task<IReadOnlyList<string>> HoldersAsync(string id) => _engine.Modules.HoldersAsync(id, Token);

    Task CountAsync(params (ModuleReference Version, long Count)[] downloads) =>
        _engine.Modules.CountDownloadsAsync(downloads.ToDictionary(one => one.Version, one => one.Count), Token);

    async Task<IEnumerable<string>> MostDownloadedAsync() =>
        (await _engine.Modules.ListAsync(new ModuleQuery { Order = ModuleOrder.Downloads }, Token)).Select(module => module.Id);

    Task PutAsync(string id, char digit) => _engine.Modules.PutAsync(Some.Module(id, digit), Token);

    async Task WaitAsync(string id, params ModuleUse[] uses)
    {
        var prediction = _engine.NewPrediction(id) with { Plan = Some.Plan(uses) };
        Assert.Equal(Creation.Created, await _engine.Store.CreateAsync(prediction, capacity: 100, Token));
    }

    async Task CallAsync(PredictionEvent end, ModuleUse? module)
    {
        var created = _engine.NewPrediction() with { Kind = PredictionKind.Generate, Plan = Some.TextPlan(module) };
        Assert.Equal(Creation.Created, await _engine.Store.CreateAsync(created, capacity: 100, Token));
        await using var lease = await _engine.LeaseAsync(PredictionKind.Generate);
        await lease.AppendAsync([new PredictionEvent.Started(), new PredictionEvent.Generated(0, "mer")], Token);
        await _engine.SettleAsync();
        Assert.Equal(module is null ? [] : [created.Id], await HoldersAsync("mine/colors"));
        await lease.AppendAsync(end);
        await _engine.SettleAsync();
    }

    async Task EndAsync(PredictionEvent end, params ModuleWeight[] weights)
    {
        await _engine.CreateAsync();
        await using var lease = await _engine.LeaseAsync();
        await lease.AppendAsync([new PredictionEvent.Started(), new PredictionEvent.Answered(new PredictionOutput { Weights = weights }), end],
            Token);
        await _engine.SettleAsync();
    }
}
