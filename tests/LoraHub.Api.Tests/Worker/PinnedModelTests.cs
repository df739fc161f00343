using LoraHub.Api.Tests.Replicate.Deployments;
using LoraHub.Api.Tests.Support;
using LoraHub.Core.Predictions;

namespace LoraHub.Api.Tests.Worker;

/// <summary>Workers keep loaded what deployments with instances serve.</summary>
public sealed class PinnedModelTests : IAsyncDisposable
{
    readonly Service _service = new();

    public ValueTask DisposeAsync() => _service.DisposeAsync();

    [Fact]
    public async Task A_version_is_kept_loaded_while_a_deployment_with_instances_serves_it()
    {
        var client = await _service.ReadyAsync();
        var first = await DeploymentTests.PublishAsync(client, "me/french", [1, 2]);
        var second = await DeploymentTests.PublishAsync(client, "me/french", [3, 4]);

        await CreateAsync(client, "idle", "me/french", second, least: 0);
        await CreateAsync(client, "app", "me/french", first, least: 1);
        await UntilKeptAsync($"me/french@{first}");
        await UntilLogAsync($"Keeping \"me/french\" loaded, version \"{first}\".");

        using var moved = await client.SendAsync(HttpMethod.Patch, "/v1/deployments/lorahub/app", $$"""{"version": "{{second}}"}""");
        await UntilKeptAsync($"me/french@{second}");

        using var paused = await client.SendAsync(HttpMethod.Patch, "/v1/deployments/lorahub/app", """{"min_instances": 0}""");
        await UntilKeptAsync();
        await UntilLogAsync($"Released \"me/french\", version \"{second}\"");
    }

    [Fact]
    public async Task Base_models_are_kept_by_name_and_a_deleted_deployment_keeps_nothing()
    {
        var client = await _service.ReadyAsync();
        var composer = (await client.GetJsonAsync("/v1/models/lorahub/lorahub"))["latest_version"]!.Text("id")!;

        await CreateAsync(client, "compose", "lorahub/lorahub", composer, least: 2);
        await UntilKeptAsync("lorahub/t5-mini"); // the default base model

        using var deleted = await client.SendAsync(HttpMethod.Delete, "/v1/deployments/lorahub/compose", json: null);
        await UntilKeptAsync();
    }

    [Fact]
    public async Task What_cannot_be_kept_is_in_the_log_once_and_predictions_run_all_the_same()
    {
        _service.Predictor.KeepFails = new PredictionException("The module is broken.");
        var client = await _service.ReadyAsync();
        var version = await DeploymentTests.PublishAsync(client, "me/french", [1, 2]);

        await CreateAsync(client, "app", "me/french", version, least: 1);
        await UntilLogAsync($"Could not keep \"me/french\" loaded, version \"{version}\": \"The module is broken.\"");

        var prediction = await client.PostJsonAsync(
            "/v1/deployments/lorahub/app/predictions", """{"input": {"prompt": "sea"}}""", ("Prefer", "wait"));
        Assert.Equal("succeeded", prediction.Text("status"));
        Assert.Empty(_service.Predictor.Kept);
    }

    static async Task CreateAsync(HttpClient client, string name, string model, string version, int least)
    {
        using var created = await client.PostAsync("/v1/deployments", DeploymentTests.Body(name, model, version, least: least, most: 3));
        Assert.True(created.IsSuccessStatusCode, await created.TextAsync());
    }

    /// <summary>The log follows what is kept.</summary>
    async Task UntilLogAsync(string text)
    {
        using var limit = new CancellationTokenSource(Limits.Wait);
        while (!_service.Log.Text.Contains(text, StringComparison.Ordinal))
        {
            await Task.Delay(50, limit.Token);
        }
    }

    async Task UntilKeptAsync(params string[] names)
    {
        using var limit = new CancellationTokenSource(Limits.Wait);
        while (!_service.Predictor.Kept.SequenceEqual(names))
        {
            await Task.Delay(50, limit.Token);
        }
    }
}
