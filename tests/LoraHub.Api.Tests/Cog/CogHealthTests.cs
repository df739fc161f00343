using System.Net;
using LoraHub.Api.Tests.Support;
using LoraHub.Core.Predictions;

namespace LoraHub.Api.Tests.Cog;

public sealed class CogHealthTests : IAsyncDisposable
{
    readonly Service _service = new();

    public ValueTask DisposeAsync() => _service.DisposeAsync();

    [Fact]
    public async Task While_the_model_loads_the_service_answers_and_rejects_predictions()
    {
        using var loaded = new ManualResetEventSlim();
        _service.Predictor.Setup = (progress, stopping) =>
        {
            progress.Log("Loaded 5 M parameters.");
            loaded.Wait(Limits.Wait, stopping);
        };
        var client = _service.CreateClient();

        var starting = await client.GetJsonAsync("/health-check");
        using var refused = await client.PostAsync("/predictions", "{}");
        using var docs = await client.FetchAsync("/docs/index.html");
        loaded.Set();
        await _service.ReadyAsync();
        var ready = await client.GetJsonAsync("/health-check");

        Assert.Equal("STARTING", starting.Text("status"));
        Assert.Equal(["status", "started_at"], starting["setup"]!.AsObject().Select(pair => pair.Key));
        Assert.Equal("starting", starting["setup"]!.Text("status"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Equal(
            """{"error":"Setup has not finished yet. Wait until it has finished, or GET /health-check for status.","status":"failed"}""",
            await refused.TextAsync());
        Assert.Equal(HttpStatusCode.OK, docs.StatusCode);
        Assert.Equal("succeeded", ready["setup"]!.Text("status"));
        Assert.Equal("Loaded 5 M parameters.\n", ready["setup"]!.Text("logs"));
        Assert.Matches("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}[.][0-9]{6}Z$", ready["setup"]!.Text("completed_at"));
        Assert.NotNull(ready["version"]!.Text("coglet"));
        Assert.NotNull(ready["version"]!.Text("cog"));
    }

    [Fact]
    public async Task A_failed_setup_is_reported_and_the_service_stays_up()
    {
        _service.Predictor.Setup = (_, _) => throw new PredictionException("model.safetensors is truncated.");
        var client = _service.CreateClient();
        using var limit = new CancellationTokenSource(Limits.Wait);

        var health = await client.GetJsonAsync("/health-check");
        while (health.Text("status") == "STARTING")
        {
            limit.Token.ThrowIfCancellationRequested();
            health = await client.GetJsonAsync("/health-check");
        }

        Assert.Equal("SETUP_FAILED", health.Text("status"));
        Assert.Equal("failed", health["setup"]!.Text("status"));
        Assert.Equal("model.safetensors is truncated.\n", health["setup"]!.Text("logs"));
        using var bare = await client.PostAsync("/predictions", "{}");
        using var v1 = await client.PostAsync("/v1/predictions", """{"version": "lorahub/lorahub", "input": {}}""");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, bare.StatusCode);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, v1.StatusCode);
        Assert.Equal(503, (int)(await v1.JsonAsync())["status"]!);
    }

    [Fact]
    public async Task The_ready_file_appears_once_the_model_is_loaded()
    {
        var file = Path.Combine(_service.DataPath, "run", "cog", "ready");
        using var loaded = new ManualResetEventSlim();
        await using var service = new Service(("Api:ReadyFile", file));
        service.Predictor.Setup = (_, stopping) => loaded.Wait(Limits.Wait, stopping);
        service.CreateClient();
        Assert.False(File.Exists(file));

        loaded.Set();

        using var limit = new CancellationTokenSource(Limits.Wait);
        while (!File.Exists(file))
        {
            await Task.Delay(10, limit.Token);
        }
    }

    [Fact]
    public async Task The_index_lists_every_URL()
    {
        var client = await _service.ReadyAsync();

        var index = await client.GetJsonAsync("/");

        Assert.Equal("/docs", index.Text("docs_url"));
        Assert.Equal("/shutdown", index.Text("shutdown_url"));
        Assert.Equal("/health-check", index.Text("healthcheck_url"));
        Assert.Equal("/predictions", index.Text("predictions_url"));
        Assert.Equal("/predictions/{prediction_id}", index.Text("predictions_idempotent_url"));
        Assert.Equal("/predictions/{prediction_id}/cancel", index.Text("predictions_cancel_url"));
        using var head = await client.SendAsync(HttpMethod.Head, "/health-check", json: null);
        Assert.Equal(HttpStatusCode.OK, head.StatusCode);
    }

    [Fact]
    public async Task A_Replicate_client_without_v1_gets_a_hint()
    {
        var client = await _service.ReadyAsync();

        using var response = await client.FetchAsync("/predictions");

        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
        Assert.Equal(["POST"], response.Content.Headers.Allow);
        Assert.Contains("/v1", await response.TextAsync());
    }

    [Fact]
    public async Task A_path_that_Cog_lacks_is_a_404_without_a_body()
    {
        var client = await _service.ReadyAsync();

        using var response = await client.FetchAsync("/predictions/unknown/stream");

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Equal("", await response.TextAsync());
    }
}
