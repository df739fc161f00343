using System.Net;
using System.Text.Json.Nodes;
using LoraHub.Api.Tests.Support;
using LoraHub.Core.Predictions;

namespace LoraHub.Api.Tests.Replicate.Predictions;

public sealed class ReplicatePredictionTests(SharedService shared) : IClassFixture<SharedService>, IAsyncDisposable
{
    const string Default = """{"version": "lorahub/lorahub", "input": {}}""";

    /// <summary>For tests that script the service or inspect its data; the others share one.</summary>
    readonly Service _service = new();

    public ValueTask DisposeAsync() => _service.DisposeAsync();

    [Fact]
    public async Task A_created_prediction_is_starting_and_has_its_URLs()
    {
        using var gate = new SemaphoreSlim(0);
        _service.Predictor.Script = run => gate.Wait(Limits.Wait, run.CancellationToken) ? run.Answer() : throw new TimeoutException();
        var client = await _service.ReadyAsync();

        using var response = await client.PostAsync("/v1/predictions",
            """{"version": "lorahub/lorahub", "input": {"seed": 42, "test_inputs": "é<"}, "stream": true, "id": "mine"}""");

        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        Assert.Equal("application/json", response.Content.Headers.ContentType!.MediaType);
        Assert.False(response.Headers.Contains("Preference-Applied"));
        var prediction = await response.JsonAsync();
        var id = prediction.Text("id")!;
        Assert.Matches("^[a-z2-7]{26}$", id);
        Assert.Equal("lorahub/lorahub", prediction.Text("model"));
        Assert.Matches("^[0-9a-f]{64}$", prediction.Text("version"));
        Assert.Equal("""{"seed":42,"test_inputs":"é<"}""",
            prediction["input"]!.ToJsonString(new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));
        Assert.Equal("", prediction.Text("logs"));
        Assert.True(prediction.ContainsKey("output"));
        Assert.Null(prediction["output"]);
        Assert.True(prediction.ContainsKey("error"));
        Assert.Null(prediction["error"]);
        Assert.Equal("starting", prediction.Text("status"));
        Assert.Matches("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}[.][0-9]{6}Z$", prediction.Text("created_at"));
        Assert.False((bool)prediction["data_removed"]!);
        Assert.Equal("api", prediction.Text("source"));
        var get = $"http://localhost/v1/predictions/{id}";
        Assert.Equal(get, prediction["urls"]!.Text("get"));
        Assert.Equal($"{get}/cancel", prediction["urls"]!.Text("cancel"));
        Assert.StartsWith("http://localhost/v1/streams/", prediction["urls"]!.Text("stream"));
        Assert.NotNull(prediction["urls"]!.Text("web"));
        Assert.Equal(get, response.Headers.Location!.ToString());
        gate.Release();
        await _service.UntilAsync<PredictionEvent.Succeeded>(id); // the gate outlives its user
    }

    [Fact]
    public async Task A_finished_prediction_has_its_times_its_logs_and_its_output()
    {
        var client = await shared.Service.ReadyAsync();

        using var response = await client.PostAsync("/v1/predictions", Default, ("Prefer", "wait"));

        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        Assert.Equal("wait", Assert.Single(response.Headers.GetValues("Preference-Applied")));
        var prediction = await response.JsonAsync();
        Assert.Equal("succeeded", prediction.Text("status"));
        Assert.Equal("Using seed: 42\nDone\n", prediction.Text("logs"));
        Assert.Equal(["adapter", "trace", "weights", "loss"], prediction["output"]!.AsObject().Select(pair => pair.Key));
        Assert.True((double)prediction["metrics"]!["predict_time"]! > 0);
        Assert.True((double)prediction["metrics"]!["total_time"]! > 0);
        Assert.EndsWith("Z", prediction.Text("started_at"));
        Assert.EndsWith("Z", prediction.Text("completed_at"));
        Assert.Equal(prediction.ToJsonString(), (await client.GetJsonAsync(prediction["urls"]!.Text("get")!)).ToJsonString());
    }

    [Theory]
    [InlineData("wait=\"60\"")]
    [InlineData("wait;x=y")]
    [InlineData("Wait = 60 ; x=\"y\", handling=lenient")]
    public async Task A_preference_may_be_quoted_and_have_parameters(string prefer)
    {
        var client = await shared.Service.ReadyAsync();

        using var response = await client.PostAsync("/v1/predictions", Default, ("Prefer", prefer));

        Assert.Equal("succeeded", (await response.JsonAsync()).Text("status"));
        Assert.True(response.Headers.Contains("Preference-Applied"));
    }

    [Fact]
    public async Task After_the_wait_the_response_reports_starting()
    {
        _service.Predictor.Script = run =>
        {
            run.Progress.Log("running");
            return run.UntilCanceled();
        };
        var client = await _service.ReadyAsync();

        using var response = await client.PostAsync("/v1/predictions", Default, ("Prefer", "wait=1"));

        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        var prediction = await response.JsonAsync();
        Assert.Equal("starting", prediction.Text("status"));
        Assert.Equal("", prediction.Text("logs"));
        await _service.UntilAsync<PredictionEvent.Logged>(prediction.Text("id")!);
        Assert.Equal("processing", (await client.GetJsonAsync(prediction["urls"]!.Text("get")!)).Text("status"));
    }

    [Fact]
    public async Task No_wait_is_longer_than_the_limit()
    {
        await using var service = new Service(("Api:WaitLimit", "00:00:01"));
        service.Predictor.Script = run => run.UntilCanceled();
        var client = await service.ReadyAsync();

        var prediction = await client.PostJsonAsync("/v1/predictions", Default, ("Prefer", "wait=75"))
            .WaitAsync(Limits.Wait, TestContext.Current.CancellationToken);

        Assert.Equal("starting", prediction.Text("status"));
    }

    [Theory]
    [InlineData("wait=soon")]
    [InlineData("wait=-5")]
    [InlineData("handling=lenient")]
    [InlineData("respond-async")]
    public async Task An_invalid_preference_is_ignored(string prefer)
    {
        _service.Predictor.Script = run => run.UntilCanceled();
        var client = await _service.ReadyAsync();

        using var response = await client.PostAsync("/v1/predictions", Default, ("Prefer", prefer));

        Assert.Equal("starting", (await response.JsonAsync()).Text("status"));
        Assert.False(response.Headers.Contains("Preference-Applied"));
    }

    [Fact]
    public async Task A_failed_prediction_has_its_error_as_a_string()
    {
        _service.Predictor.Script = _ => throw new PredictionException("`lorahub/plurals` holds NaN.");
        var client = await _service.ReadyAsync();

        var prediction = await client.PostJsonAsync("/v1/predictions", Default, ("Prefer", "wait=60"));

        Assert.Equal("failed", prediction.Text("status"));
        Assert.Equal("`lorahub/plurals` holds NaN.", prediction.Text("error"));
        Assert.Null(prediction["output"]);
    }

    [Fact]
    public async Task Every_form_of_the_version_is_accepted()
    {
        var client = await _service.ReadyAsync();
        var version = (await client.PostJsonAsync("/v1/predictions", Default)).Text("version");

        foreach (var form in new[] { version, $"lorahub/lorahub:{version}", "lorahub/lorahub" })
        {
            using var response = await client.PostAsync("/v1/predictions", $$"""{"version": "{{form}}", "input": {} }""");
            Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        }
    }

    [Fact]
    public async Task The_path_may_name_the_model()
    {
        var client = await shared.Service.ReadyAsync();

        using var response = await client.PostAsync("/v1/models/lorahub/lorahub/predictions", """{"input": {"seed": 7}}""", ("Prefer", "wait"));

        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        Assert.Equal("succeeded", (await response.JsonAsync()).Text("status"));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public async Task A_running_prediction_is_canceled_and_answered_in_full(string? body)
    {
        _service.Predictor.Script = run => run.UntilCanceled();
        var client = await _service.ReadyAsync();
        var created = await client.PostJsonAsync("/v1/predictions", Default);
        await _service.UntilAsync<PredictionEvent.Started>(created.Text("id")!);

        // "" comes with a content type, as JavaScript's client sends it
        using var response = await client.PostAsync(created["urls"]!.Text("cancel")!, body);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(created.Text("id"), (await response.JsonAsync()).Text("id"));
        await _service.UntilAsync<PredictionEvent.Canceled>(created.Text("id")!);
        var canceled = await client.GetJsonAsync(created["urls"]!.Text("get")!);
        Assert.Equal("canceled", canceled.Text("status"));
        Assert.True((double)canceled["metrics"]!["predict_time"]! > 0);
    }

    [Fact]
    public async Task A_waiting_prediction_is_canceled_at_once_and_a_finished_one_stays()
    {
        _service.Predictor.Script = run => run.UntilCanceled();
        var client = await _service.ReadyAsync();
        var running = await client.PostJsonAsync("/v1/predictions", Default);
        await _service.UntilAsync<PredictionEvent.Started>(running.Text("id")!);
        var waiting = await client.PostJsonAsync("/v1/predictions", Default);

        var first = await client.PostJsonAsync(waiting["urls"]!.Text("cancel")!, json: null);
        var second = await client.PostJsonAsync(waiting["urls"]!.Text("cancel")!, json: null);

        Assert.Equal("canceled", first.Text("status"));
        Assert.Equal(first.ToJsonString(), second.ToJsonString());
        Assert.False(first.ContainsKey("started_at"));
    }

    [Fact]
    public async Task Unknown_inputs_are_neither_stored_nor_echoed_nor_logged()
    {
        var client = await _service.ReadyAsync();

        var created = await client.PostJsonAsync(
            "/v1/predictions",
            """{"version": "lorahub/lorahub", "input": {"seed": 42, "test_inputs": "private-text", "client": {"auth": "r8_token"}}}""",
            ("Prefer", "wait"), ("Authorization", "Bearer r8_token"));

        Assert.Equal(["seed", "test_inputs"], created["input"]!.AsObject().Select(pair => pair.Key));
        Assert.DoesNotContain("r8_token", created.ToJsonString());
        Assert.DoesNotContain("r8_token", (await client.GetJsonAsync("/v1/predictions")).ToJsonString());
        Assert.DoesNotContain("r8_token", _service.Log.Text);
        Assert.DoesNotContain("private-text", _service.Log.Text);
        Assert.Contains(created.Text("id")!, _service.Log.Text);
    }

    [Fact]
    public async Task An_unexpected_error_of_the_service_is_a_500_without_details()
    {
        await using var service = new Service();
        var client = await service.ReadyAsync();
        service.Library.Broken = new InvalidOperationException("secret");

        using var v1 = await client.PostAsync("/v1/predictions", Default);
        using var bare = await client.PostAsync("/predictions", "{}");

        Assert.Equal(HttpStatusCode.InternalServerError, v1.StatusCode);
        Assert.Equal("application/problem+json", v1.Content.Headers.ContentType!.MediaType);
        Assert.Equal(500, (int)(await v1.JsonAsync())["status"]!);
        Assert.Equal(HttpStatusCode.InternalServerError, bare.StatusCode);
        Assert.Equal("failed", JsonNode.Parse(await bare.TextAsync())!.Text("status"));
        Assert.DoesNotContain("secret", await v1.TextAsync() + await bare.TextAsync());
    }
}
