using System.Net;
using LoraHub.Api.Tests.Support;
using LoraHub.Core.Predictions;

namespace LoraHub.Api.Tests.Cog;

/// <summary>Who leaves a stream, and what becomes of the prediction.</summary>
public sealed class CogReaderTests : IAsyncDisposable
{
    readonly Service _service = new(("Queue:BareCapacity", "2"));

    public CogReaderTests() => _service.Predictor.Script = run =>
    {
        run.Progress.Log("running");
        return run.UntilCanceled();
    };

    public ValueTask DisposeAsync() => _service.DisposeAsync();

    [Fact]
    public async Task The_last_reader_of_what_a_stream_created_cancels_it_by_leaving()
    {
        var client = await _service.ReadyAsync();
        var first = await ReadAsync(client, "shared");
        var second = await ReadAsync(client, "shared");

        first.Dispose();
        await _service.UntilAsync<PredictionEvent.Logged>("shared");
        using var third = await ReadAsync(client, "shared"); // it still runs
        second.Dispose();
        Assert.Equal("processing", (await client.GetJsonAsync("/v1/predictions/shared")).Text("status"));
        third.Dispose();

        await _service.UntilAsync<PredictionEvent.Canceled>("shared");
    }

    [Fact]
    public async Task A_reader_of_what_was_answered_at_once_leaves_it_running()
    {
        var client = await _service.ReadyAsync();
        using var created = await client.SendAsync(HttpMethod.Put, "/predictions/own", "{}", ("Prefer", "respond-async"));
        (await ReadAsync(client, "own")).Dispose();

        // The next one is canceled by its reader's leaving, so the first reader's leaving was seen too.
        (await ReadAsync(client, "other")).Dispose();
        await _service.UntilAsync<PredictionEvent.Canceled>("other");

        Assert.Equal("processing", (await client.GetJsonAsync("/v1/predictions/own")).Text("status"));
    }

    static async Task<HttpResponseMessage> ReadAsync(HttpClient client, string id)
    {
        var response = await client.SendAsync(HttpMethod.Put, $"/predictions/{id}", "{}", ("Accept", "text/event-stream"));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken), leaveOpen: true);
        if (id != "other")
        {
            await reader.UntilLineAsync("event: log");
        }

        return response;
    }
}
