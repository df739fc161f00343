using System.Net;
using LoraHub.Api.Tests.Support;
using LoraHub.Core.Predictions;

namespace LoraHub.Api.Tests.Cog;

public sealed class CogCancelTests : IAsyncDisposable
{
    readonly Service _service = new(("Queue:BareCapacity", "2"));

    public CogCancelTests() => _service.Predictor.Script = run =>
    {
        run.Progress.Log("waiting");
        return run.UntilCanceled();
    };

    public ValueTask DisposeAsync() => _service.DisposeAsync();

    [Fact]
    public async Task A_running_prediction_is_canceled_and_its_client_gets_the_result()
    {
        var client = await _service.ReadyAsync();
        var answer = client.PostJsonAsync("/predictions", """{"id": "running"}""");
        await _service.UntilAsync<PredictionEvent.Logged>("running");

        using var canceled = await client.PostAsync("/predictions/running/cancel", json: null);

        Assert.Equal(HttpStatusCode.OK, canceled.StatusCode);
        Assert.Equal("{}", await canceled.TextAsync());
        var prediction = await answer;
        Assert.Equal("canceled", prediction.Text("status"));
        Assert.Equal("waiting\n", prediction.Text("logs"));
        Assert.False(prediction.ContainsKey("output"));
    }

    [Fact]
    public async Task A_waiting_prediction_is_canceled_before_it_starts()
    {
        var client = await _service.ReadyAsync();
        await client.PostJsonAsync("/predictions", """{"id": "running"}""", ("Prefer", "respond-async"));
        await _service.UntilAsync<PredictionEvent.Started>("running");
        var answer = client.PostJsonAsync("/predictions", """{"id": "waiting"}""");
        await _service.UntilCreatedAsync("waiting");

        using var canceled = await client.PostAsync("/predictions/waiting/cancel", json: null);

        Assert.Equal(HttpStatusCode.OK, canceled.StatusCode);
        Assert.Equal("canceled", (await answer).Text("status"));
        Assert.Equal("", (await answer).Text("logs"));
    }

    [Fact]
    public async Task An_unknown_or_finished_prediction_cannot_be_canceled()
    {
        _service.Predictor.Script = run => run.Answer();
        var client = await _service.ReadyAsync();
        await client.PostJsonAsync("/predictions", """{"id": "done"}""");

        foreach (var id in new[] { "done", "unknown" })
        {
            using var response = await client.PostAsync($"/predictions/{id}/cancel", json: null);
            Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
            Assert.Equal("{}", await response.TextAsync());
        }
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("text/event-stream")]
    public async Task A_client_that_disconnects_cancels_the_prediction_it_waited_for(string accept)
    {
        var client = await _service.ReadyAsync();
        using var leaving = new CancellationTokenSource();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/predictions")
        {
            Content = new StringContent("""{"id": "left"}""", null, "application/json"),
        };
        request.Headers.Accept.ParseAdd(accept);
        var answer = client.SendAsync(request, leaving.Token);
        await _service.UntilAsync<PredictionEvent.Logged>("left");

        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer);
        await _service.UntilAsync<PredictionEvent.Canceled>("left");
    }

    [Fact]
    public async Task An_asynchronous_prediction_continues_after_its_client_disconnects()
    {
        using var gate = new SemaphoreSlim(0);
        _service.Predictor.Script = run =>
        {
            Assert.True(gate.Wait(Limits.Wait, run.CancellationToken));
            return run.Answer();
        };
        var client = await _service.ReadyAsync();
        await client.PostJsonAsync("/predictions", """{"id": "alone"}""", ("Prefer", "respond-async"));
        client.Dispose();

        gate.Release();

        await _service.UntilAsync<PredictionEvent.Succeeded>("alone");
    }
}
