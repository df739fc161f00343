using LoraHub.Core.Telemetry;
using Microsoft.Extensions.Options;
using Polly;
using Polly.Retry;
using Polly.Timeout;

namespace LoraHub.Api.Webhooks;

/// <summary>Tells a prediction's webhook how it stands: once, or until that is taken.</summary>
sealed partial class WebhookDelivery(
    WebhookMessages messages, WebhookPost post, IOptions<WebhookOptions> options, TimeProvider time, ILogger<WebhookDelivery> logger)
{
    readonly ResiliencePipeline<WebhookAttempt> _retries = new ResiliencePipelineBuilder<WebhookAttempt> { TimeProvider = time }
        .AddTimeout(options.Value.RetryFor)
        .AddRetry(new RetryStrategyOptions<WebhookAttempt>
        {
            ShouldHandle = given => ValueTask.FromResult(given.Outcome.Result is WebhookAttempt.Failed { IsFinal: false }),
            Delay = TimeSpan.FromMilliseconds(200),
            MaxDelay = TimeSpan.FromSeconds(15), // or the last doubled delay would take up half the time
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            MaxRetryAttempts = int.MaxValue,
        })
        .Build();

    /// <summary>Sends it once; the next message says all that this one does, so nothing is lost when it is not taken.</summary>
    public async Task SendAsync(WebhookNotice notice, CancellationToken cancellationToken)
    {
        var attempt = await post.TryAsync(messages.Of(notice.Prediction), options.Value.EventTimeout, cancellationToken);
        Instruments.CountWebhook(notice.Event, attempt is WebhookAttempt.Taken);
        if (attempt is WebhookAttempt.Failed(var reason, _))
        {
            LogNotTaken(notice.Prediction.Id, reason);
        }
    }

    /// <summary>Sends it until it is taken, or for as long as the settings say.</summary>
    public async Task SendUntilTakenAsync(WebhookNotice notice, CancellationToken cancellationToken)
    {
        var message = messages.Of(notice.Prediction);
        var attempts = 0;
        WebhookAttempt? last = null;
        try
        {
            await _retries.ExecuteAsync(
                async limited =>
                {
                    attempts++;
                    return last = await post.TryAsync(message, options.Value.Timeout, limited);
                },
                cancellationToken);
        }
        catch (TimeoutRejectedException)
        {
            last ??= new WebhookAttempt.Failed(nameof(TimeoutException));
        }

        Instruments.CountWebhook(notice.Event, last is WebhookAttempt.Taken);
        if (last is WebhookAttempt.Failed(var reason, _))
        {
            LogGivenUp(notice.Prediction.Id, attempts, reason);
        }
    }

    [LoggerMessage(LogLevel.Debug, "A webhook of prediction {PredictionId} was not taken: {Reason}.")]
    partial void LogNotTaken(string predictionId, string reason);

    [LoggerMessage(LogLevel.Warning, "The completed webhook of prediction {PredictionId} was given up after {Attempts} attempts: {Reason}.")]
    partial void LogGivenUp(string predictionId, int attempts, string reason);
}
