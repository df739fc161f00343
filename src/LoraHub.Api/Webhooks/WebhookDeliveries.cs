using System.Collections.Concurrent;
using LoraHub.Api.Predictions;
using LoraHub.Core.Predictions;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Webhooks;

/// <summary>
/// Every prediction with a webhook has a follower of its own, so that none waits for another's receiver. Which predictions this process follows is claimed in
/// the records: one that is lost, or stops before all is told, leaves its claims to the next.
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

    public void Follow(Prediction created)
    {
        if (created.Webhook is not null)
        {
            _running.Start(() => ClaimAsync([created.Id], _leaving.Token));
        }
    }

    /// <summary>The worker has stopped by now: of what has not ended, the next process tells.</summary>
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
            LogLeft(_running.Count);
            await _stopping.CancelAsync();
            await all;
        }
    }

    /// <summary>Ends whatever still runs. The sources are only canceled: without a timer they hold nothing, and a host may stop once more after this.</summary>
    public override void Dispose()
    {
        base.Dispose();
        _leaving.Cancel();
        _stopping.Cancel();
    }

    /// <summary>Holds on to what is followed here, and takes over what others have left.</summary>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            await RenewAsync(stoppingToken);
            await ClaimAsync(null, stoppingToken);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    async Task RenewAsync(CancellationToken cancellationToken)
    {
        try
        {
            var ids = _followed.Keys.ToArray();
            var held = ids.Length == 0 ? new HashSet<string>() : await claims.RenewAsync(ids, cancellationToken);
            foreach (var lost in ids.Where(id => !held.Contains(id) && _followed.ContainsKey(id)))
            {
                await (_followed.GetValueOrDefault(lost)?.CancelAsync() ?? Task.CompletedTask); // another tells it by now
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
                LogUnclaimed(exception.GetType()); // the next look finds it
            }
        }
    }

    async Task RunAsync(WebhookClaim claim)
    {
        var id = claim.Created.Id;
        using var lost = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        if (!_followed.TryAdd(id, lost))
        {
            return; // it is followed here already; the clock was set
        }

        try
        {
            await follower.FollowAsync(claim, _leaving.Token, lost.Token);
        }
        catch (OperationCanceledException) when (lost.IsCancellationRequested)
        {
            // Another process tells it, or the next one.
        }
        catch (Exception exception)
        {
            // Without its message: that may quote the URL. When the claim has run out it is tried again.
            LogFailed(id, exception.GetType(), exception.StackTrace);
        }
        finally
        {
            _followed.TryRemove(id, out _);
        }
    }

    [LoggerMessage(LogLevel.Warning, "The webhooks of {Count} predictions are left to the next start: the service is stopping.")]
    partial void LogLeft(int count);

    [LoggerMessage(LogLevel.Warning, "The webhooks that are to be told cannot be looked up now: {ExceptionType}. They are later.")]
    partial void LogUnclaimed(Type exceptionType);

    [LoggerMessage(LogLevel.Error, "The webhooks of prediction {PredictionId} ended unexpectedly, and are tried again: {ExceptionType}\n{StackTrace}")]
    partial void LogFailed(string predictionId, Type exceptionType, string? stackTrace);
}
