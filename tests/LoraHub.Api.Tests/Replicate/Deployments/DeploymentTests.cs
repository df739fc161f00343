using System.Net;
using System.Text.Json.Nodes;
using LoraHub.Api.Tests.Support;
using LoraHub.Core.Predictions;

namespace LoraHub.Api.Tests.Replicate.Deployments;

/// <summary>A deployment is a name that is pinned to a version of a model.</summary>
public sealed class DeploymentTests : IAsyncDisposable
{
    const string Prompt = """{"input": {"prompt": "sea"}}""";

    readonly Service _service = new();

    public ValueTask DisposeAsync() => _service.DisposeAsync();

    [Fact]
    public async Task A_deployment_serves_its_version_also_when_the_model_has_a_newer_one()
    {
        var client = await _service.ReadyAsync();
        var first = await PublishAsync(client, "me/french", [1, 2]);

        using var created = await client.PostAsync("/v1/deployments", Body("app", "me/french", first, least: 1, most: 2));
        await PublishAsync(client, "me/french", [3, 4]);
        var prediction = await client.PostJsonAsync("/v1/deployments/lorahub/app/predictions", Prompt, ("Prefer", "wait"));

        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        var deployment = await created.JsonAsync();
        Assert.True(JsonNode.DeepEquals(deployment, await client.GetJsonAsync("/v1/deployments/lorahub/app")));
        Assert.Equal(("lorahub", "app"), (deployment.Text("owner"), deployment.Text("name")));
        var release = deployment["current_release"]!;
        Assert.Equal((1, "me/french", first), ((int)release["number"]!, release.Text("model"), release.Text("version")));
        Assert.Equal("""{"hardware":"cpu","min_instances":1,"max_instances":2}""", release["configuration"]!.ToJsonString());
        Assert.Equal("lorahub", release["created_by"]!.Text("username"));
        Assert.Equal(("succeeded", "lorahub/app", first), (prediction.Text("status"), prediction.Text("deployment"), prediction.Text("version")));
        Assert.Equal("SEA", (string?)prediction["output"]![0]);
    }

    [Fact]
    public async Task An_update_moves_new_predictions_and_those_that_wait_or_run_keep_their_version()
    {
        var running = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _service.Predictor.TextScript = async (plan, progress, cancellation) =>
        {
            await running.Task.WaitAsync(cancellation);
            progress.Generated(plan.Module!.Digest);
        };
        var client = await _service.ReadyAsync();
        var (first, second) = (await PublishAsync(client, "me/french", [1, 2]), await PublishAsync(client, "me/french", [3, 4]));
        using var created = await client.PostAsync("/v1/deployments", Body("app", "me/french", first));
        var before = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            before.Add((await client.PostJsonAsync("/v1/deployments/lorahub/app/predictions", Prompt)).Text("id")!);
        }

        await _service.UntilAsync<PredictionEvent.Started>(before[0]);
        using var updated = await client.SendAsync(HttpMethod.Patch, "/v1/deployments/lorahub/app", $$"""{"version": "{{second}}"}""");
        var after = (await client.PostJsonAsync("/v1/deployments/lorahub/app/predictions", Prompt)).Text("id")!;
        running.SetResult();

        Assert.Equal(HttpStatusCode.OK, updated.StatusCode);
        var release = (await updated.JsonAsync())["current_release"]!;
        Assert.Equal((2, second), ((int)release["number"]!, release.Text("version")));
        foreach (var (id, version) in before.Select(id => (id, first)).Append((after, second)))
        {
            await client.UntilPredictionAsync(id, "succeeded");
            var prediction = await client.GetJsonAsync($"/v1/predictions/{id}");
            Assert.Equal((version, version), (prediction.Text("version"), (string?)prediction["output"]![0]));
        }
    }

    [Fact]
    public async Task An_update_of_the_instances_keeps_everything_else()
    {
        var client = await _service.ReadyAsync();
        var version = await PublishAsync(client, "me/french", [1, 2]);
        using var created = await client.PostAsync("/v1/deployments", Body("app", "me/french", version, least: 0, most: 1));

        using var updated = await client.SendAsync(HttpMethod.Patch, "/v1/deployments/lorahub/app", """{"min_instances": 3, "max_instances": 10}""");
        using var wrong = await client.SendAsync(HttpMethod.Patch, "/v1/deployments/lorahub/app", """{"max_instances": 2}""");

        var release = (await updated.JsonAsync())["current_release"]!;
        Assert.Equal((2, version), ((int)release["number"]!, release.Text("version")));
        Assert.Equal("""{"hardware":"cpu","min_instances":3,"max_instances":10}""", release["configuration"]!.ToJsonString());
        Assert.Equal(HttpStatusCode.UnprocessableEntity, wrong.StatusCode);
        Assert.Contains("min_instances must not be greater than max_instances", (await wrong.JsonAsync()).Text("detail"), StringComparison.Ordinal);
        Assert.Equal(2, (int)(await client.GetJsonAsync("/v1/deployments/lorahub/app"))["current_release"]!["number"]!);
    }

    [Fact]
    public async Task The_service_s_own_deployment_is_listed_first_then_the_newest_a_hundred_a_page()
    {
        var client = await _service.ReadyAsync();
        var version = await PublishAsync(client, "me/french", [1, 2]);
        for (var i = 1; i <= 101; i++)
        {
            using var created = await client.PostAsync("/v1/deployments", Body($"app-{i}", "me/french", version));
            Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        }

        var page = await client.GetJsonAsync("/v1/deployments");
        var last = await client.GetJsonAsync(new Uri(page.Text("next")!).PathAndQuery);

        Assert.Equal(["lorahub", "app-101", "app-100"], Names(page).Take(3));
        Assert.Equal((101, null), (Names(page).Length, last.Text("next")));
        Assert.Equal(["app-1"], Names(last));
    }

    [Fact]
    public async Task A_deleted_deployment_is_gone_and_its_predictions_run_on()
    {
        var client = await _service.ReadyAsync();
        var version = await PublishAsync(client, "me/french", [1, 2]);
        _service.Predictor.TextScript = (_, _, cancellation) => Task.Delay(Timeout.Infinite, cancellation);
        using var created = await client.PostAsync("/v1/deployments", Body("app", "me/french", version));
        var prediction = (await client.PostJsonAsync("/v1/deployments/lorahub/app/predictions", Prompt)).Text("id")!;
        await _service.UntilAsync<PredictionEvent.Started>(prediction);

        using var deleted = await client.SendAsync(HttpMethod.Delete, "/v1/deployments/lorahub/app", json: null);
        using var again = await client.SendAsync(HttpMethod.Delete, "/v1/deployments/lorahub/app", json: null);
        using var gone = await client.FetchAsync("/v1/deployments/lorahub/app");
        using var refused = await client.PostAsync("/v1/deployments/lorahub/app/predictions", Prompt);

        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        Assert.All([again, gone, refused], response => Assert.Equal(HttpStatusCode.NotFound, response.StatusCode));
        Assert.Equal("processing", (await client.GetJsonAsync($"/v1/predictions/{prediction}")).Text("status"));
        Assert.Equal("lorahub/app", (await client.GetJsonAsync($"/v1/predictions/{prediction}")).Text("deployment"));
    }

    [Fact]
    public async Task The_composer_and_base_models_can_be_deployed_too()
    {
        var client = await _service.ReadyAsync();
        var composer = (await client.GetJsonAsync("/v1/models/lorahub/lorahub"))["latest_version"]!.Text("id")!;
        var mini = (await client.GetJsonAsync("/v1/models/lorahub/t5-mini"))["latest_version"]!.Text("id")!;
        using var first = await client.PostAsync("/v1/deployments", Body("compose", "cjwbw/lorahub", composer));
        using var second = await client.PostAsync("/v1/deployments", Body("mini", "lorahub/t5-mini", mini));

        var composed = await client.PostJsonAsync("/v1/deployments/lorahub/compose/predictions", """{"input": {}}""", ("Prefer", "wait"));
        var answered = await client.PostJsonAsync("/v1/deployments/lorahub/mini/predictions", Prompt, ("Prefer", "wait"));

        Assert.Equal(("succeeded", "lorahub/lorahub"), (composed.Text("status"), composed.Text("model")));
        Assert.Equal(("succeeded", "lorahub/t5-mini"), (answered.Text("status"), answered.Text("model")));
    }

    [Fact]
    public async Task Hardware_is_named_after_the_queue()
    {
        await using var service = new Service(("Queue:Hardware", "l4"));
        var client = await service.ReadyAsync();
        var version = await PublishAsync(client, "me/french", [1, 2]);
        using var hardware = await client.FetchAsync("/v1/hardware");

        using var created = await client.PostAsync("/v1/deployments", Body("app", "me/french", version, "l4"));
        using var other = await client.PostAsync("/v1/deployments", Body("other", "me/french", version, "cpu"));

        Assert.Equal("""[{"sku":"l4","name":"l4"}]""", await hardware.TextAsync());
        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.UnprocessableEntity), (created.StatusCode, other.StatusCode));
    }

    internal static string Body(string name, string model, string version, string hardware = "cpu", int least = 0, int most = 1) => new JsonObject
    {
        ["name"] = name,
        ["model"] = model,
        ["version"] = version,
        ["hardware"] = hardware,
        ["min_instances"] = least,
        ["max_instances"] = most,
    }.ToJsonString();

    internal static async Task<string> PublishAsync(HttpClient client, string id, float[] weights, string? token = null) =>
        (await client.PublishedAsync(id, weights, token)).Text("version")!;

    static string[] Names(JsonObject page) => [.. page["results"]!.AsArray().Select(deployment => deployment!.Text("name")!)];
}
