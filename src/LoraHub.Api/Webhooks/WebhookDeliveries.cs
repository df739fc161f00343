using LoraHub.Api.Predictions;
using LoraHub.Core.Predictions;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Webhooks;

/// <summary>Every prediction with a webhook has a follower of its own, so that none waits for another's receiver; they end with the service.</summary>
sealed partial class WebhookDeliveries(WebhookFollower follower, IOptions<WebhookOptions> options, TimeProvider time, ILogger<WebhookDeliveries> logger)
    : IPredictionFollower, IHostedService, IDisposable
{
    readonly FollowerTasks _running = new();
    readonly CancellationTokenSource _leaving = new();
    readonly CancellationTokenSource _stopping = new();

    public void Follow(Prediction created)
    {
        if (created.Webhook is not null)
        {
            _running.Start(() => RunAsync(created));
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>The worker has stopped by now: of what has not ended, nothing more is to be told.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _leaving.CancelAsync();
        var all = _running.WhenAllAsync();
        try
        {
            await all.WaitAsync(options.Value.ShutdownTime, time, cancellationToken);
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            LogLeft(_running.Count);
            await _stopping.CancelAsync();
            await all;
        }
    }

    /// <summary>Ends whatever still runs. The sources are only canceled: without a timer they hold nothing, and a host may stop once more after this.</summary>
    public void Dispose()
    {
        _leaving.Cancel();
        _stopping.Cancel();
    }

    async Task RunAsync(Prediction created)
    {
        try
        {
            await follower.FollowAsync(created, _leaving.Token, _stopping.Token);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // It is counted among those that were left.
        }
        catch (Exception exception)
        {
            // Without its message: that may quote the URL.
            LogFailed(created.Id, exception.GetType(), exception.StackTrace);
        }
    }

    [LoggerMessage(LogLevel.Warning, "The webhooks of {Count} predictions were left undelivered: the service is stopping.")]
    partial void LogLeft(int count);

    [LoggerMessage(LogLevel.Error, "The webhooks of prediction {PredictionId} ended unexpectedly: {ExceptionType}\n{StackTrace}")]
    partial void LogFailed(string predictionId, Type exceptionType, string? stackTrace);
}
