using System.Net;
using LoraHub.Api.Tests.Support;
using LoraHub.Core.Predictions;

namespace LoraHub.Api.Tests.Cog;

/// <summary>What happens to a prediction when readers of its stream disconnect.</summary>
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
    public async Task The_last_reader_of_a_streamed_prediction_cancels_it_by_disconnecting()
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
    public async Task A_reader_that_disconnects_leaves_an_asynchronous_prediction_running()
    {
        var client = await _service.ReadyAsync();
        using var created = await client.SendAsync(HttpMethod.Put, "/predictions/own", "{}", ("Prefer", "respond-async"));
        (await ReadAsync(client, "own")).Dispose();

        // The next prediction is canceled when its reader disconnects, so the service has noticed the first disconnect too.
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
