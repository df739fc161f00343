using System.Text.Json.Nodes;
using LoraHub.Core.Modules;
using LoraHub.Core.Predictions;

namespace LoraHub.Storage.Tests.Contracts;

/// <summary>Who uses modules, and how often that was.</summary>
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
            new("mine/colors", 0.5, Some.Digest('1')), new("mine/colors", 0.4, Some.Digest('1')), new("mine/plurals", 0.5, Some.Digest('9')), new("un/known", 1, Some.Digest('1')));

        var versions = await _engine.Modules.VersionsAsync("mine/colors", Token);
        Assert.Equal([('2', 0), ('1', 1)], versions.Select(version => (version.Digest[0], version.Uses)));
        Assert.Equal(_engine.Time.GetUtcNow(), versions[1].LastUsedAt);
        Assert.Equal(0, Assert.Single(await _engine.Modules.VersionsAsync("mine/plurals", Token)).Uses);

        await PutAsync("mine/colors", '1'); // registered again: the count stays
        await EndAsync(new PredictionEvent.Succeeded(), new ModuleWeight("mine/colors", 0, Some.Digest('1')));
        Assert.Equal(2, (await _engine.Modules.FindAsync(new ModuleReference("mine/colors", null), Token))!.Uses);
    }

    [Fact]
    public async Task What_failed_or_has_no_digests_counts_nothing()
    {
        await PutAsync("mine/colors", '1');

        await EndAsync(new PredictionEvent.Failed("no"), new ModuleWeight("mine/colors", 0.5, Some.Digest('1')));
        await EndAsync(new PredictionEvent.Succeeded(), new ModuleWeight("mine/colors", 0.5));

        var found = await _engine.Modules.FindAsync(new ModuleReference("mine/colors", null), Token);
        Assert.Equal((0, null), (found!.Uses, found.LastUsedAt));
    }

    [Fact]
    public async Task Those_hold_a_module_that_compose_it_until_they_end()
    {
        var created = await _engine.CreateAsync();
        await using var lease = await _engine.LeaseAsync();
        await lease.AppendAsync(
            [new PredictionEvent.Started(), new PredictionEvent.Logged("mine/plurals\n"), new PredictionEvent.Composing([new ModuleUse("mine/colors", Some.Digest('1'))])], Token);
        await _engine.SettleAsync();

        Assert.Equal([created.Id], await HoldersAsync("mine/colors"));
        Assert.Empty(await HoldersAsync("mine/color"));
        Assert.Empty(await HoldersAsync("mine/plurals"));

        await lease.AppendAsync(new PredictionEvent.Succeeded());
        await _engine.SettleAsync();
        Assert.Empty(await HoldersAsync("mine/colors"));
    }

    [Fact]
    public async Task Those_that_wait_hold_the_modules_that_they_name()
    {
        await WaitAsync("names", "lora_modules_specified", "mine/plurals, mine/colors");
        await WaitAsync("pinned", "lora_modules_specified", $"mine/colors@{Some.Digest('1')}");
        await WaitAsync("weighs", "module_weights", """{"mine/colors": 0.5}""");
        await WaitAsync("longer", "lora_modules_specified", "mine/colors-2,my_mine/colors");
        await WaitAsync("says", "example_inputs", "mine/colors");

        Assert.Equal(["names", "pinned", "weighs"], await HoldersAsync("mine/colors"));

        await _engine.CancelAsync("names");
        await _engine.SettleAsync();
        Assert.Equal(["pinned", "weighs"], await HoldersAsync("mine/colors"));
    }

    Task<IReadOnlyList<string>> HoldersAsync(string id) => _engine.Modules.HoldersAsync(id, Token);

    Task PutAsync(string id, char digit) => _engine.Modules.PutAsync(Some.Module(id, digit), Token);

    async Task WaitAsync(string id, string field, string value)
    {
        var prediction = _engine.NewPrediction(id) with { Input = new JsonObject { [field] = value } };
        if (field == "example_inputs")
        {
            prediction.Input["example_outputs"] = "x";
        }

        Assert.Equal(Creation.Created, await _engine.Store.CreateAsync(prediction, capacity: 100, Token));
    }

    async Task EndAsync(PredictionEvent end, params ModuleWeight[] weights)
    {
        await _engine.CreateAsync();
        await using var lease = await _engine.LeaseAsync();
        await lease.AppendAsync([new PredictionEvent.Started(), new PredictionEvent.Answered(new PredictionOutput { Weights = weights }), end], Token);
        await _engine.SettleAsync();
    }
}
