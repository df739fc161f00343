using System.Net;
using System.Text.Json.Nodes;
using LoraHub.Api.Tests.Support;
using LoraHub.Core.Predictions;

namespace LoraHub.Api.Tests.Replicate.Predictions;

public sealed class ReplicateStreamTests : IAsyncDisposable
{
    readonly Service _service = new(("Api:Heartbeat", "00:00:00.020"));

    public ValueTask DisposeAsync() => _service.DisposeAsync();

    [Fact]
    public async Task A_stream_has_the_output_and_the_done_event_but_no_logs()
    {
        var (client, prediction) = await CreateAsync();

        using var response = await client.FetchAsync(prediction["urls"]!.Text("stream")!, ("Accept", "text/event-stream"));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal("no", Assert.Single(response.Headers.GetValues("X-Accel-Buffering")));
        var events = EventStream.Parse(await response.TextAsync());
        Assert.Equal(["output", "done"], events.Select(item => item.Name));
        Assert.StartsWith("http://localhost/results/", JsonNode.Parse(events[0].Data)!.Text("adapter"));
        Assert.Equal("{}", events[1].Data);
        Assert.All(events, item => Assert.Matches("^[0-9]+:[0-9]+$", item.Id));
    }

    [Fact]
    public async Task A_failure_is_an_error_then_done_and_a_reader_can_resume_between_them()
    {
        _service.Predictor.Script = _ => throw new PredictionException("no");
        var (client, prediction) = await CreateAsync();
        var url = prediction["urls"]!.Text("stream")!;

        var all = EventStream.Parse(await (await client.FetchAsync(url)).TextAsync());
        var rest = EventStream.Parse(await (await client.FetchAsync(url, ("Last-Event-ID", all[0].Id!))).TextAsync());
        var none = EventStream.Parse(await (await client.FetchAsync(url, ("Last-Event-ID", all[1].Id!))).TextAsync());
        var odd = EventStream.Parse(await (await client.FetchAsync(url, ("Last-Event-ID", "odd"))).TextAsync());

        Assert.Equal([("error", """{"detail":"no"}"""), ("done", """{"reason":"error"}""")], all.Select(item => (item.Name, item.Data)));
        Assert.Equal(all[1], Assert.Single(rest));
        Assert.Empty(none);
        Assert.Equal(all, odd);
    }

    [Fact]
    public async Task A_canceled_prediction_ends_its_stream_with_the_reason()
    {
        _service.Predictor.Script = run => run.UntilCanceled();
        var (client, prediction) = await CreateAsync();
        using var response = await client.FetchAsync(prediction["urls"]!.Text("stream")!);

        await client.PostJsonAsync(prediction["urls"]!.Text("cancel")!, json: null);

        Assert.Equal(("done", """{"reason":"canceled"}"""),
            EventStream.Parse(await response.TextAsync()).Select(item => (item.Name, item.Data)).Single());
    }

    [Fact]
    public async Task A_silent_stream_sends_line_feeds_and_a_disconnect_cancels_nothing()
    {
        using var gate = new SemaphoreSlim(0);
        _service.Predictor.Script = run => gate.Wait(Limits.Wait, run.CancellationToken) ? run.Answer() : throw new TimeoutException();
        var (client, prediction) = await CreateAsync();
        using (var response = await client.FetchAsync(prediction["urls"]!.Text("stream")!))
        {
            using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
            Assert.Equal(": ping", await reader.ReadLineAsync(TestContext.Current.CancellationToken));
            Assert.Equal(": ping", await reader.ReadLineAsync(TestContext.Current.CancellationToken));
        }

        gate.Release();

        await _service.UntilAsync<PredictionEvent.Succeeded>(prediction.Text("id")!);
    }

    [Fact]
    public async Task A_stream_cannot_be_read_with_only_the_id()
    {
        var (client, prediction) = await CreateAsync();
        var (_, other) = await CreateAsync();
        var id = prediction.Text("id")!;
        var code = other["urls"]!.Text("stream")!.Split('.')[^1];

        foreach (var address in new[] { id, $"{id}.", $"{id}.{code}", $"{id}.{new string('0', 64)}" })
        {
            using var response = await client.FetchAsync($"/v1/streams/{address}");
            Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        }
    }

    [Fact]
    public async Task A_stream_beyond_the_limit_is_a_429_until_another_closes()
    {
        await using var service = new Service(("Api:MaxStreams", "1"));
        service.Predictor.Script = run => run.UntilCanceled();
        var client = await service.ReadyAsync();
        var prediction = await client.PostJsonAsync("/v1/predictions", """{"version": "lorahub/lorahub", "input": {}}""");
        var stream = prediction["urls"]!.Text("stream")!;
        using var first = await client.FetchAsync(stream);

        using var refused = await client.FetchAsync(stream);
        await client.PostJsonAsync($"/v1/predictions/{prediction.Text("id")}/cancel", json: null);
        await first.TextAsync();
        using var after = await client.FetchAsync(stream);

        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.Contains("Too many streams are open", (await refused.JsonAsync()).Text("detail"));
        Assert.Equal(HttpStatusCode.OK, after.StatusCode);
    }

    async Task<(HttpClient Client, JsonObject Prediction)> CreateAsync()
    {
        var client = await _service.ReadyAsync();
        return (client, await client.PostJsonAsync("/v1/predictions", """{"version": "lorahub/lorahub", "input": {}}"""));
    }
}
