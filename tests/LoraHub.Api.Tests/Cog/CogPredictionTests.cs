using System.Net;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.Cog;

public sealed class CogPredictionTests : IAsyncDisposable
{
    readonly Service _service = new();

    [Fact]
    public async Task The_default_request_is_answered_with_its_end()
    {
        var client = await _service.ReadyAsync();

        using var response = await client.PostAsync("/predictions", "{}");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var prediction = await response.JsonAsync();
        Assert.Equal("succeeded", prediction.Text("status"));
        Assert.Equal("Using seed: 42\nDone\n", prediction.Text("logs"));
        Assert.Equal(40, (double)prediction["metrics"]!["evaluations"]!);
        Assert.True((double)prediction["metrics"]!["predict_time"]! > 0);
        Assert.StartsWith("http://localhost/results/", prediction["output"]!.Text("adapter"));
        Assert.False(prediction.ContainsKey("error"));
    }

    public ValueTask DisposeAsync() => _service.DisposeAsync();
}
