using System.Collections.Concurrent;
using LoraHub.Api.Predictions;
using LoraHub.Core.Predictions;
using LoraHub.Core.Threading;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Webhooks;

/// <summary>
/// Runs one follower for each prediction with a webhook, so that a slow receiver delays no other prediction. A process claims the predictions
/// that it follows in the records. When it crashes, or stops before the last webhook, another process takes over its claims.
/// </summary>
sealed partial class WebhookDeliveries(
    IWebhookClaims claims, WebhookFollower follower, IOptions<WebhookOptions> options, TimeProvider time, ILogger<WebhookDeliveries> logger)
    : BackgroundService, IPredictionFollower
{
    const int AtOnce = 100;

    static readonly TimeSpan Interval = IWebhookClaims.Validity / 6;

    readonly FollowerTasks _running = new();
    readonly ConcurrentDictionary<string, CancellationTokenSource> _followed = new(StringComparer.Ordinal);
    readonly CancellationTokenSource _leaving = new();
    readonly CancellationTokenSource _stopping = new();

    /// <summary>The number of predictions that are followed or about to be.</summary>
    internal int Running => _running.Count;

    public void Follow(CreatedPrediction created)
    {
        if (created.Webhook is not null)
        {
            _running.Start(() => ClaimAsync([created.Id], _stopping.Token)); // a stopping service still sends what it was given before
        }
    }

    /// <summary>Sends what is known by now. The worker has already stopped, so the next process follows predictions that have not ended.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await _leaving.CancelAsync();
        var all = _running.WhenAllAsync();
        try
        {
            await all.WaitAsync(options.Value.ShutdownTime, time, cancellationToken);
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            LogLeft(Running);
            await _stopping.CancelAsync();
            await all;
        }
    }

    /// <summary>
    /// Cancels everything that still runs. The token sources are not disposed: without a timer they hold no resources, and a host may call
    /// <see cref="StopAsync"/> again after this.
    /// </summary>
    public override void Dispose()
    {
        base.Dispose();
        _leaving.Cancel();
        _stopping.Cancel();
    }

    /// <summary>Renews the claims of this process, and takes over expired and released ones.</summary>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Periodic.RunAsync(
        Interval,
        time,
        async stopping =>
        {
            await RenewAsync(stopping);
            await ClaimAsync(null, stopping);
        },
        onError: null, // both methods log their errors
        firstAtOnce: true,
        stoppingToken);

    async Task RenewAsync(CancellationToken cancellationToken)
    {
        try
        {
            var ids = _followed.Keys.ToArray();
            var held = ids.Length == 0 ? new HashSet<string>() : await claims.RenewAsync(ids, cancellationToken);
            foreach (var lost in ids.Where(id => !held.Contains(id) && _followed.ContainsKey(id)))
            {
                await (_followed.GetValueOrDefault(lost)?.CancelAsync() ?? Task.CompletedTask); // another process follows it now
            }
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            LogUnclaimed(exception.GetType());
        }
    }

    async Task ClaimAsync(IReadOnlyCollection<string>? ids, CancellationToken cancellationToken)
    {
        try
        {
            while (await claims.ClaimAsync(ids, AtOnce, cancellationToken) is { Count: > 0 } claimed)
            {
                foreach (var claim in claimed)
                {
                    _running.Start(() => RunAsync(claim));
                }

                if (claimed.Count < AtOnce)
                {
                    return;
                }
            }
        }
        catch (Exception exception)
        {
            if (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                LogUnclaimed(exception.GetType()); // the next interval retries
            }
        }
    }

    async Task RunAsync(WebhookClaim claim)
    {
        var id = claim.Created.Id;
        using var lost = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        if (!_followed.TryAdd(id, lost))
        {
            return; // this process already follows it: a clock change made the claim expire early
        }

        try
        {
            await follower.FollowAsync(claim, _leaving.Token, lost.Token);
        }
        catch (OperationCanceledException) when (lost.IsCancellationRequested)
        {
            // Another process follows it, or takes it over later.
        }
        catch (Exception exception)
        {
            // Without the exception's message, which may quote the URL. The claim expires, and then a process retries.
            LogFailed(id, exception.GetType(), exception.StackTrace);
        }
        finally
        {
            _followed.TryRemove(id, out _);
        }
    }

    [LoggerMessage(LogLevel.Warning, "The service is stopping with pending webhooks of {Count} predictions; the next start sends them.")]
    partial void LogLeft(int count);

    [LoggerMessage(LogLevel.Warning, "Could not look up pending webhooks ({ExceptionType}); retrying.")]
    partial void LogUnclaimed(Type exceptionType);

    [LoggerMessage(LogLevel.Error, "Could not send the webhooks of prediction {PredictionId}; retrying later: {ExceptionType}\n{StackTrace}")]
    partial void LogFailed(string predictionId, Type exceptionType, string? stackTrace);
}
