using System.Net;
using LoraHub.Api.Tests.Support;
using LoraHub.Core.Predictions;

namespace LoraHub.Api.Tests.Cog;

public sealed class CogPredictionTests(SharedService shared) : IClassFixture<SharedService>, IAsyncDisposable
{
    /// <summary>For tests that script the service or inspect its data; the others share one.</summary>
    readonly Service _service = new();

    public ValueTask DisposeAsync() => _service.DisposeAsync();

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"input": {}}""")]
    [InlineData("""{"input": null}""")]
    [InlineData(null)]
    public async Task The_default_request_returns_the_finished_prediction(string? body)
    {
        var client = await shared.Service.ReadyAsync();

        using var response = await client.PostAsync("/predictions", body);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var prediction = await response.JsonAsync();
        Assert.Equal("succeeded", prediction.Text("status"));
        Assert.Equal("Using seed: 42\nDone\n", prediction.Text("logs"));
        Assert.Equal(40, (double)prediction["metrics"]!["evaluations"]!);
        Assert.True((double)prediction["metrics"]!["predict_time"]! > 0);
        Assert.StartsWith("http://localhost/results/", prediction["output"]!.Text("adapter"));
        Assert.Equal(26, prediction.Text("id")!.Length);
        Assert.False(prediction.ContainsKey("error"));
    }

    [Fact]
    public async Task A_body_without_a_content_type_runs_on_the_defaults()
    {
        var client = await shared.Service.ReadyAsync();
        using var content = new ByteArrayContent("not json"u8.ToArray());

        using var response = await client.PostAsync(new Uri("/predictions", UriKind.Relative), content, TestContext.Current.CancellationToken);

        Assert.Equal("succeeded", (await response.JsonAsync()).Text("status"));
    }

    [Fact]
    public async Task The_predictor_receives_the_inputs_of_the_request()
    {
        var client = await shared.Service.ReadyAsync();

        var prediction = await client.PostJsonAsync("/predictions",
            """{"input": {"test_inputs": ["naïve 🦊", "a\nb"], "seed": 7, "max_inference_step": 20.0}}""");

        Assert.Equal(["naïve 🦊s → <ok>", "a\nbs → <ok>"], prediction["output"]!["predictions"]!.AsArray().Select(line => (string?)line));
    }

    [Fact]
    public async Task Text_is_serialized_as_JavaScript_serializes_it()
    {
        var client = await shared.Service.ReadyAsync();

        using var response = await client.PostAsync("/predictions", """{"input": {"test_inputs": "é+'&"}}""");

        Assert.Contains("é+'&s → <ok>", await response.TextAsync());
    }

    [Fact]
    public async Task A_failed_prediction_is_a_200_with_its_error()
    {
        _service.Predictor.Script = run =>
        {
            run.Progress.Log("half way");
            throw new PredictionException("`lorahub/plurals` holds NaN in lora_A; train it again.");
        };
        var client = await _service.ReadyAsync();

        using var response = await client.PostAsync("/predictions", "{}");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var prediction = await response.JsonAsync();
        Assert.Equal("failed", prediction.Text("status"));
        Assert.Equal("`lorahub/plurals` holds NaN in lora_A; train it again.", prediction.Text("error"));
        Assert.Equal("half way\n", prediction.Text("logs"));
        Assert.True((double)prediction["metrics"]!["predict_time"]! > 0);
        Assert.False(prediction.ContainsKey("output"));
    }

    [Fact]
    public async Task An_unexpected_failure_leaks_nothing_and_the_service_continues()
    {
        _service.Predictor.Script = run => run.Input.Seed switch
        {
            1 => throw new InvalidOperationException($"secret: {run.Input.ExampleInputs[0]}"),
            2 => run.Answer(new string('x', int.MaxValue)), // exceeds the maximum length of a string: OutOfMemoryException
            3 => throw new OperationCanceledException("secret: nobody asked for it"),
            _ => run.Answer(),
        };
        var client = await _service.ReadyAsync();

        for (var seed = 1; seed <= 3; seed++)
        {
            using var response = await client.PostAsync("/predictions",
                $$$"""{"input": {"example_inputs": "secret", "example_outputs": "b", "seed": {{{seed}}}}}""");
            var text = await response.TextAsync();
            Assert.Contains("\"failed\"", text);
            Assert.Contains("The prediction failed unexpectedly; see the service's log.", text);
            Assert.DoesNotContain("secret", text);
        }

        Assert.Equal("succeeded", (await client.PostJsonAsync("/predictions", "{}")).Text("status"));
        Assert.Equal(3, _service.Log.Events.Count(entry => entry.Level == Serilog.Events.LogEventLevel.Error));
        Assert.DoesNotContain("secret", _service.Log.Text);
    }

    [Fact]
    public async Task The_workspace_is_empty_after_a_prediction()
    {
        _service.Predictor.Script = run =>
        {
            File.WriteAllText(Path.Combine(run.Folder, "scratch"), "x");
            throw new PredictionException("no");
        };
        var client = await _service.ReadyAsync();

        await client.PostJsonAsync("/predictions", "{}");

        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(_service.DataPath, "tmp")));
    }

    [Theory]
    [InlineData("respond-async")]
    [InlineData("Respond-Async")]
    [InlineData("respond-async, wait=5")]
    [InlineData("respond-async;x=y")]
    [InlineData("respond-async=\"\"; x=\"y\"")]
    public async Task Prefer_respond_async_returns_at_once(string prefer)
    {
        _service.Predictor.Script = run => run.UntilCanceled();
        var client = await _service.ReadyAsync();

        using var response = await client.PostAsync("/predictions", "{}", ("Prefer", prefer));

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        var accepted = await response.JsonAsync();
        Assert.Equal("starting", accepted.Text("status"));
        Assert.Equal(["id", "status"], accepted.Select(pair => pair.Key));
    }

    [Fact]
    public async Task A_second_prediction_waits_for_the_first_when_the_queue_has_room()
    {
        await using var service = new Service(("Queue:BareCapacity", "2"));
        using var gate = new SemaphoreSlim(0);
        service.Predictor.Script = run =>
        {
            Assert.True(gate.Wait(Limits.Wait, run.CancellationToken));
            return run.Answer();
        };
        var client = await service.ReadyAsync();
        var first = (await client.PostJsonAsync("/predictions", "{}", ("Prefer", "respond-async"))).Text("id")!;
        await service.UntilAsync<PredictionEvent.Started>(first);

        var second = client.PostJsonAsync("/predictions", """{"id": "second"}""");
        Assert.Equal("BUSY", (await client.GetJsonAsync("/health-check")).Text("status"));
        gate.Release();
        await service.UntilAsync<PredictionEvent.Started>("second");
        await service.UntilAsync<PredictionEvent.Succeeded>(first);
        gate.Release();

        Assert.Equal("succeeded", (await second).Text("status"));
    }

    [Fact]
    public async Task A_merged_checkpoint_has_its_own_URL()
    {
        var client = await shared.Service.ReadyAsync();

        var prediction = await client.PostJsonAsync("/predictions", """{"input": {"output_format": "checkpoint"}}""");

        Assert.EndsWith("/checkpoint.zip", prediction["output"]!.Text("checkpoint"));
        Assert.Equal("merged",
            await client.GetStringAsync(new Uri(prediction["output"]!.Text("checkpoint")!), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_duplicate_id_is_refused()
    {
        var client = await shared.Service.ReadyAsync();
        Assert.Equal("mine", (await client.PostJsonAsync("/predictions", """{"id": "mine"}""")).Text("id"));

        using var response = await client.PostAsync("/predictions", """{"id": "mine"}""");

        Assert.Equal(HttpStatusCode.Conflict, response.StatusCode);
        Assert.Equal("failed", (await response.JsonAsync()).Text("status"));
    }

    [Fact]
    public async Task A_repeated_PUT_starts_nothing_new()
    {
        using var gate = new SemaphoreSlim(0);
        _service.Predictor.Script = run =>
        {
            Assert.True(gate.Wait(Limits.Wait, run.CancellationToken));
            return run.Answer();
        };
        var client = await _service.ReadyAsync();
        var first = client.SendAsync(HttpMethod.Put, "/predictions/mine", """{"input": {"seed": 7}}""");
        await _service.UntilAsync<PredictionEvent.Started>("mine");

        using var running = await client.SendAsync(HttpMethod.Put, "/predictions/mine", """{"input": {"seed": 8}}""");
        gate.Release();
        using var done = await first;
        using var again = await client.SendAsync(HttpMethod.Put, "/predictions/mine", "{}");

        Assert.Equal(HttpStatusCode.Accepted, running.StatusCode);
        Assert.Equal(7, (int)(await running.JsonAsync())["input"]!["seed"]!);
        Assert.Equal("succeeded", (await done.JsonAsync()).Text("status"));
        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
        Assert.Equal("succeeded", (await again.JsonAsync()).Text("status"));
    }

    [Theory]
    [InlineData("/predictions/mine", """{"id": "yours"}""")]
    [InlineData("/predictions/a%20b", "{}")]
    [InlineData("/predictions/..%2Fescape", "{}")]
    public async Task A_PUT_under_a_wrong_id_is_refused(string url, string body)
    {
        var client = await shared.Service.ReadyAsync();

        using var response = await client.SendAsync(HttpMethod.Put, url, body);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.Equal(["body", "id"], (await response.JsonAsync())["detail"]![0]!["loc"]!.AsArray().Select(part => (string?)part));
    }
}
