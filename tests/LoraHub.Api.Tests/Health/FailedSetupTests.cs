using System.Net;
using LoraHub.Api.Tests.Support;
using LoraHub.Core.Predictions;
using Serilog.Events;

namespace LoraHub.Api.Tests.Health;

/// <summary>A base model that cannot be loaded is reported with its cure, wherever a client or an operator looks.</summary>
public sealed class FailedSetupTests : IAsyncDisposable
{
    const string Reason = "The base model `nobody/nothing` was not found; run `lorahub models pull nobody/nothing`.";

    readonly Service _service = new();

    public ValueTask DisposeAsync() => _service.DisposeAsync();

    [Fact]
    public async Task Every_answer_says_that_the_setup_failed_and_why()
    {
        _service.Predictor.Setup = (_, _) => throw new PredictionException(Reason);
        var client = await _service.ReadyAsync();

        using var bare = await client.PostAsync("/predictions", "{}");
        using var v1 = await client.PostAsync("/v1/predictions", """{"version": "lorahub/lorahub", "input": {}}""");
        using var ready = await client.FetchAsync("/health/ready");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, bare.StatusCode);
        Assert.Equal($"Setup failed: {Reason}", (await bare.JsonAsync()).Text("error"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, v1.StatusCode);
        Assert.Equal($"The model could not be loaded: {Reason}", (await v1.JsonAsync()).Text("detail"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.Contains("nobody/nothing", await ready.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_log_has_the_reason_in_one_line_without_a_stack_trace()
    {
        _service.Predictor.Setup = (_, _) => throw new PredictionException(Reason, new InvalidOperationException("inner"));
        await _service.ReadyAsync();

        var error = Assert.Single(_service.Log.Events, entry => entry.Level >= LogEventLevel.Error);

        Assert.Null(error.Exception);
        Assert.Equal($"The worker cannot run predictions: \"{Reason}\"", error.RenderMessage());
    }
}
