using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using LoraHub.Api.Tests.Support;
using LoraHub.Api.Webhooks;
using LoraHub.Core.Predictions;
using Microsoft.Extensions.DependencyInjection;

namespace LoraHub.Api.Tests.Webhooks;

/// <summary>The webhooks of the whole service.</summary>
public sealed class WebhookTests : IAsyncDisposable
{
    readonly Service _service = new(Receiver.Allowed, ("Webhooks:ShutdownTime", "00:00:00"), ("Webhooks:EventTimeout", "00:05:00"),
        ("Serilog:MinimumLevel:Default", "Debug"));

    public ValueTask DisposeAsync() => _service.DisposeAsync();

    [Fact]
    public async Task Messages_equal_the_GET_response_and_are_signed_and_ordered()
    {
        await using var receiver = await Receiver.StartAsync();
        var client = await _service.ReadyAsync();

        var created = await client.PostJsonAsync(
            "/v1/predictions",
            $$"""{"version": "lorahub/lorahub", "input": {"seed": 4.0, "test_inputs": "müß 🐈 <'&+>"}, "webhook": "{{receiver.Url}}"}""");
        var all = await receiver.UntilEndAsync();

        Assert.Equal(receiver.Url, created.Text("webhook"));
        Assert.Equal(["start", "output", "logs", "completed"], created["webhook_events_filter"]!.AsArray().Select(word => (string?)word));
        Assert.Equal(("processing", ""), (all[0].Status, all[0].Json.Text("logs")));
        Assert.Equal("succeeded", all[^1].Status);
        using var got = await client.FetchAsync($"/v1/predictions/{created.Text("id")}");
        Assert.Equal(await got.TextAsync(), all[^1].Body);
        Assert.Contains("\"müß 🐈 <'&+>\"", all[^1].Body);
        Assert.Equal(all.Count, all.Select(received => received.Headers["webhook-id"]).Distinct().Count());
        Assert.All(all, received =>
        {
            Assert.Equal("POST /hook", received.Request);
            Assert.Equal("application/json", received.Headers["Content-Type"]);
            Assert.Matches("^lorahub/[0-9.]+$", received.Headers["User-Agent"]);
            Assert.Equal("1", received.Headers["X-LoraHub-Outbound"]);
            Assert.StartsWith("msg_", received.Headers["webhook-id"]);
            var timestamp = long.Parse(received.Headers["webhook-timestamp"], CultureInfo.InvariantCulture);
            Assert.Equal(
                _service.Services.GetRequiredService<WebhookKey>()
                    .Sign(received.Headers["webhook-id"], timestamp, Encoding.UTF8.GetBytes(received.Body)),
                received.Headers["webhook-signature"]);
            Assert.DoesNotContain("Authorization", received.Headers.Keys);
            Assert.DoesNotContain("traceparent", received.Headers.Keys);
        });
        Assert.DoesNotContain("do-not-log", _service.Log.Text);
    }

    [Fact]
    public async Task A_training_sends_its_start_its_logs_and_its_end()
    {
        await using var receiver = await Receiver.StartAsync();
        _service.Predictor.TuneScript = (_, folder, _, progress, cancellationToken) =>
        {
            progress.Log("step 1");
            while (receiver.Count < 2) // its start and its log: the end would take the place of a log that was not sent yet
            {
                cancellationToken.WaitHandle.WaitOne(10);
                cancellationToken.ThrowIfCancellationRequested();
            }

            var adapter = Path.Combine(folder, "adapter.zip");
            File.WriteAllBytes(adapter, Run.AdapterBytes);
            return new PredictionResult(new PredictionOutput(), adapter, CheckpointFile: null);
        };
        var client = await _service.ReadyAsync();
        var version = (await client.GetJsonAsync("/v1/models/lorahub/lorahub"))["latest_version"]!.Text("id");
        var body = new JsonObject { ["destination"] = "me/french", ["input"] = TrainingRequests.Tune(), ["webhook"] = receiver.Url };

        using var created = await client.PostAsync($"/v1/models/lorahub/lorahub/versions/{version}/trainings", body.ToJsonString());
        var all = await receiver.UntilEndAsync();

        var training = await created.JsonAsync();
        Assert.Equal(receiver.Url, training.Text("webhook"));
        Assert.All(all, received => Assert.Equal(training.Text("id"), received.Json.Text("id")));
        Assert.Equal(("processing", ""), (all[0].Status, all[0].Json.Text("logs")));
        Assert.Contains(all, received => received.Status == "processing" && received.Json.Text("logs") == "step 1\n");
        Assert.Equal("succeeded", all[^1].Status);
        Assert.StartsWith("me/french:", all[^1].Json["output"]!.Text("version"), StringComparison.Ordinal);
        using var got = await client.FetchAsync($"/v1/trainings/{training.Text("id")}");
        Assert.Equal(await got.TextAsync(), all[^1].Body);
        Assert.Equal(receiver.Count, all.Count);
    }

    [Fact]
    public async Task On_the_bare_path_the_body_is_the_whole_prediction_too()
    {
        await using var receiver = await Receiver.StartAsync();
        var client = await _service.ReadyAsync();

        var answer = await client.PostJsonAsync("/predictions",
            $$"""{"id": "mine", "webhook": "{{receiver.Url}}", "webhook_events_filter": ["completed"]}""");
        var end = await receiver.NextAsync();

        Assert.Equal("succeeded", answer.Text("status"));
        Assert.Equal((await client.GetJsonAsync("/v1/predictions/mine")).ToJsonString(), end.Json.ToJsonString());
        Assert.Equal("""["completed"]""", end.Json["webhook_events_filter"]!.ToJsonString());
    }

    [Fact]
    public async Task A_repeated_PUT_sends_nothing_twice()
    {
        await using var receiver = await Receiver.StartAsync();
        var client = await _service.ReadyAsync();
        var body = $$"""{"webhook": "{{receiver.Url}}", "webhook_events_filter": ["completed"]}""";

        using var first = await client.SendAsync(HttpMethod.Put, "/predictions/mine", body);
        using var second = await client.SendAsync(HttpMethod.Put, "/predictions/mine", body);
        using var other = await client.SendAsync(HttpMethod.Put, "/predictions/other", body);

        Assert.Equal(new HashSet<string?> { "mine", "other" },
            new HashSet<string?> { (await receiver.NextAsync()).Json.Text("id"), (await receiver.NextAsync()).Json.Text("id") });
        Assert.Equal(2, receiver.Count);
    }

    [Fact]
    public async Task A_prediction_canceled_before_its_start_sends_a_webhook()
    {
        _service.Predictor.Script = run => run.UntilCanceled();
        await using var receiver = await Receiver.StartAsync();
        var client = await _service.ReadyAsync();
        await client.PostJsonAsync("/v1/predictions", """{"version": "lorahub/lorahub", "input": {}}""");
        var waiting = await client.PostJsonAsync("/v1/predictions",
            $$"""{"version": "lorahub/lorahub", "input": {}, "webhook": "{{receiver.Url}}"}""");

        using var canceled = await client.PostAsync($"/v1/predictions/{waiting.Text("id")}/cancel", json: null);

        Assert.Equal("canceled", (await receiver.NextAsync()).Status);
    }

    [Fact]
    public async Task Webhooks_are_sent_after_the_client_disconnects()
    {
        using var gate = new SemaphoreSlim(0);
        _service.Predictor.Script = run => gate.Wait(Limits.Wait, run.CancellationToken) ? run.Answer() : throw new TimeoutException();
        await using var receiver = await Receiver.StartAsync();
        var client = await _service.ReadyAsync();
        using var leaving = new CancellationTokenSource();
        using var content = new StringContent($$"""{"version": "lorahub/lorahub", "input": {}, "webhook": "{{receiver.Url}}"}""", Encoding.UTF8,
            "application/json");
        content.Headers.Add("Prefer", "wait");

        var request = client.PostAsync(new Uri("/v1/predictions", UriKind.Relative), content, leaving.Token);
        await receiver.NextAsync();
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);
        gate.Release();

        Assert.Equal("succeeded", (await receiver.UntilEndAsync())[^1].Status);
    }

    [Fact]
    public async Task Messages_carry_the_trace_and_the_configured_token()
    {
        const string Parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        await using var service = new Service(Receiver.Allowed, ("Webhooks:AuthToken", "the-token"));
        await using var receiver = await Receiver.StartAsync();
        var client = await service.ReadyAsync();

        await client.PostJsonAsync("/predictions", $$"""{"webhook": "{{receiver.Url}}"}""", ("traceparent", Parent), ("tracestate", "a=1"));
        var headers = (await receiver.UntilEndAsync())[^1].Headers;

        Assert.Equal(("Bearer the-token", Parent, "a=1"), (headers["Authorization"], headers["traceparent"], headers["tracestate"]));
        Assert.DoesNotContain("the-token", service.Log.Text);
    }

    [Fact]
    public async Task Receivers_that_hang_slow_neither_the_worker_nor_other_receivers()
    {
        await using var dead = await Receiver.StartAsync();
        dead.Answer = (_, http) => Task.Delay(Timeout.Infinite, http.RequestAborted);
        await using var alive = await Receiver.StartAsync();
        var client = await _service.ReadyAsync();
        for (var i = 0; i < 100; i++)
        {
            await client.PostJsonAsync("/v1/predictions", $$"""{"version": "lorahub/lorahub", "input": {}, "webhook": "{{dead.Url}}"}""",
                ("Prefer", "wait"));
        }

        var answer = await client.PostJsonAsync("/predictions", $$"""{"webhook": "{{alive.Url}}"}""");
        var all = await alive.UntilEndAsync();

        Assert.Equal("succeeded", answer.Text("status"));
        Assert.Equal("succeeded", all[^1].Status);
        for (var i = 0; i < 100; i++)
        {
            await dead.NextAsync();
        }

        Assert.Equal(100, dead.Count); // the start event of each hangs until the end of this test
    }
}
