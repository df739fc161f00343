using System.Net;
using System.Text.Json.Nodes;
using LoraHub.Api.Tests.Support;
using LoraHub.Core.Predictions;

namespace LoraHub.Api.Tests.Cog;

public sealed class CogStreamTests : IAsyncDisposable
{
    readonly Service _service = new(("Api:Heartbeat", "00:00:00.020"));

    public ValueTask DisposeAsync() => _service.DisposeAsync();

    [Fact]
    public async Task A_stream_sends_every_event_and_closes()
    {
        var client = await _service.ReadyAsync();

        using var response = await client.PostAsync("/predictions", """{"id": "streamed"}""", ("Accept", "text/event-stream"));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal("no", Assert.Single(response.Headers.GetValues("X-Accel-Buffering")));
        var events = EventStream.Parse(await response.TextAsync());
        Assert.Equal(["start", "log", "metric", "log", "output", "completed"], events.Select(item => item.Name));
        Assert.Equal("""{"id":"streamed","status":"processing"}""", events[0].Data);
        Assert.Equal("""{"source":"stdout","data":"Using seed: 42\n"}""", events[1].Data);
        Assert.Equal("""{"name":"evaluations","value":40,"mode":"replace"}""", events[2].Data);
        Assert.Equal(0, (int)JsonNode.Parse(events[4].Data)!["index"]!);
        Assert.Equal(0.5, (double)JsonNode.Parse(events[4].Data)!["chunk"]!["weights"]![0]!["weight"]!);
        var end = JsonNode.Parse(events[5].Data)!;
        Assert.Equal("succeeded", end.Text("status"));
        Assert.Equal("Using seed: 42\nDone\n", end.Text("logs"));
    }

    [Fact]
    public async Task Events_arrive_while_the_prediction_runs_with_comments_as_keepalives()
    {
        using var gate = new SemaphoreSlim(0);
        _service.Predictor.Script = run =>
        {
            run.Progress.Log("first");
            Assert.True(gate.Wait(Limits.Wait, run.CancellationToken));
            return run.Answer();
        };
        var client = await _service.ReadyAsync();
        using var response = await client.PostAsync("/predictions", "{}", ("Accept", "text/event-stream"));
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));

        await reader.UntilLineAsync("""data: {"source":"stdout","data":"first\n"}""");
        await reader.UntilLineAsync(": keep-alive");
        gate.Release();

        await reader.UntilLineAsync("event: completed");
    }

    [Fact]
    public async Task A_reader_that_repeats_its_PUT_gets_the_stream_from_the_start()
    {
        using var gate = new SemaphoreSlim(0);
        _service.Predictor.Script = run =>
        {
            run.Progress.Log("first");
            Assert.True(gate.Wait(Limits.Wait, run.CancellationToken));
            return run.Answer();
        };
        var client = await _service.ReadyAsync();
        using var created = await client.SendAsync(HttpMethod.Put, "/predictions/again", "{}", [("Prefer", "respond-async")]);
        await _service.UntilAsync<PredictionEvent.Logged>("again");

        using var response = await client.SendAsync(HttpMethod.Put, "/predictions/again", "{}", [("Accept", "text/event-stream")]);
        gate.Release();

        var events = EventStream.Parse(await response.TextAsync());
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(["start", "log", "output", "completed"], events.Select(item => item.Name));
        Assert.Equal("first\n", JsonNode.Parse(events[^1].Data)!.Text("logs"));
    }

    [Fact]
    public async Task The_last_event_reports_a_failure()
    {
        _service.Predictor.Script = _ => throw new PredictionException("no");
        var client = await _service.ReadyAsync();

        using var response = await client.PostAsync("/predictions", "{}", ("Accept", "text/event-stream"));

        var events = EventStream.Parse(await response.TextAsync());
        Assert.Equal("completed", events[^1].Name);
        Assert.Equal("failed", JsonNode.Parse(events[^1].Data)!.Text("status"));
        Assert.Equal("no", JsonNode.Parse(events[^1].Data)!.Text("error"));
    }

    [Fact]
    public async Task A_bad_input_is_an_ordinary_422_before_any_event()
    {
        var client = await _service.ReadyAsync();

        using var response = await client.PostAsync("/predictions", """{"input": {"seed": "x"}}""", ("Accept", "text/event-stream"));

        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.Equal("application/json", response.Content.Headers.ContentType!.MediaType);
    }

    [Fact]
    public async Task Progress_with_carriage_returns_is_split_into_lines()
    {
        _service.Predictor.Script = run =>
        {
            run.Progress.Log("  0%|     | 0/40\r 50%|##   | 20/40\r\nend");
            return run.Answer();
        };
        var client = await _service.ReadyAsync();

        var prediction = await client.PostJsonAsync("/predictions", "{}");

        Assert.Equal("  0%|     | 0/40\n 50%|##   | 20/40\nend\n", prediction.Text("logs"));
    }
}
