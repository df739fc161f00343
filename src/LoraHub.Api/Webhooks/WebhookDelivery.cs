using LoraHub.Core.Telemetry;
using Microsoft.Extensions.Options;
using Polly;
using Polly.Retry;
using Polly.Timeout;

namespace LoraHub.Api.Webhooks;

/// <summary>Delivers webhooks: with one attempt, or with retries until the receiver accepts.</summary>
sealed partial class WebhookDelivery(
    WebhookMessages messages, WebhookPost post, IOptions<WebhookOptions> options, TimeProvider time, ILogger<WebhookDelivery> logger)
{
    readonly ResiliencePipeline<WebhookAttempt> _retries = new ResiliencePipelineBuilder<WebhookAttempt> { TimeProvider = time }
        .AddTimeout(options.Value.RetryFor)
        .AddRetry(new RetryStrategyOptions<WebhookAttempt>
        {
            ShouldHandle = given => ValueTask.FromResult(given.Outcome.Result is WebhookAttempt.Failed { IsFinal: false }),
            Delay = TimeSpan.FromMilliseconds(200),
            MaxDelay = TimeSpan.FromSeconds(15), // unlimited doubling would spend half of RetryFor on the last delay
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            MaxRetryAttempts = int.MaxValue,
        })
        .Build();

    /// <summary>Makes one attempt. A failed one loses no data, because the next message contains everything that this one does.</summary>
    public async Task SendAsync(WebhookNotice notice, CancellationToken cancellationToken)
    {
        var attempt = await post.TryAsync(messages.Of(notice.Prediction), options.Value.EventTimeout, cancellationToken);
        Instruments.CountWebhook(notice.Event, attempt is WebhookAttempt.Delivered);
        if (attempt is WebhookAttempt.Failed(var reason, _))
        {
            LogNotDelivered(notice.Prediction.Id, reason);
        }
    }

    /// <summary>Retries until the receiver accepts the message, or until <see cref="WebhookOptions.RetryFor"/> has passed.</summary>
    public async Task SendUntilDeliveredAsync(WebhookNotice notice, CancellationToken cancellationToken)
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

        Instruments.CountWebhook(notice.Event, last is WebhookAttempt.Delivered);
        if (last is WebhookAttempt.Failed(var reason, _))
        {
            LogGivenUp(notice.Prediction.Id, attempts, reason);
        }
    }

    [LoggerMessage(LogLevel.Debug, "Could not deliver a webhook of prediction {PredictionId}: {Reason}.")]
    partial void LogNotDelivered(string predictionId, string reason);

    [LoggerMessage(LogLevel.Warning, "Gave up the completed webhook of prediction {PredictionId} after {Attempts} attempts: {Reason}.")]
    partial void LogGivenUp(string predictionId, int attempts, string reason);
}
