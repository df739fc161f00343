using LoraHub.Core.Predictions;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Webhooks;

/// <summary>Follows a prediction from its creation to its end and tells its webhook, one message at a time.</summary>
sealed class WebhookFollower(
    IPredictionEvents events, IPredictionStore store, IWebhookClaims claims, WebhookDelivery delivery, IOptions<WebhookOptions> options, TimeProvider time)
{
    /// <param name="claim">This process's; it is closed when all is told, and given back when not.</param>
    /// <param name="leaving">Fires when no more events are to be waited for; what is known by then is still told.</param>
    /// <param name="stopping">Fires, after the other, when nothing more may be sent.</param>
    /// <returns>When the end, or all that could be known, has been told.</returns>
    public async Task FollowAsync(WebhookClaim claim, CancellationToken leaving, CancellationToken stopping)
    {
        var created = claim.Created;
        var outbox = new WebhookOutbox(created, created.Webhook!.Events, claim.StartTold);
        var isTold = false;
        try
        {
            if (claim.IsTakenOver && await store.FindAsync(created.Id, stopping) is { IsTerminal: true } ended)
            {
                outbox.End(ended); // the end may have been told: what comes before it must not follow it
                await SendAllAsync(outbox, stopping);
            }
            else
            {
                await FollowAsync(created, outbox, leaving, stopping);
            }

            isTold = outbox.HasEnded;
        }
        finally
        {
            await (isTold ? claims.CloseAsync(created.Id, CancellationToken.None) : claims.ReleaseAsync([created.Id], CancellationToken.None));
        }
    }

    async Task FollowAsync(Prediction created, WebhookOutbox outbox, CancellationToken leaving, CancellationToken stopping)
    {
        using var reading = CancellationTokenSource.CreateLinkedTokenSource(leaving);
        await using var reader = events.ReadAsync(created.Id, after: 0, reading.Token).GetAsyncEnumerator(reading.Token);
        var next = reader.MoveNextAsync().AsTask();
        try
        {
            var throttle = new Throttle(options.Value.Throttle, time);
            var sending = Task.CompletedTask;
            var isOpen = true;
            while (isOpen || !sending.IsCompleted || !outbox.IsEmpty)
            {
                var isFree = sending.IsCompleted;
                if (isOpen && next.IsCompleted) // first, so that what is told is the latest
                {
                    isOpen = await HasMovedAsync(next, created.Id, outbox, leaving);
                    if (isOpen)
                    {
                        outbox.Add(reader.Current);
                        next = reader.MoveNextAsync().AsTask();
                    }
                }
                else if (isFree && outbox.Take(throttle.IsOver) is { } notice)
                {
                    await sending;
                    sending = SendAsync(notice, throttle, stopping);
                }
                else
                {
                    var waiting = !isFree ? sending : outbox.IsEmpty ? next : throttle.Over;
                    await (isOpen ? Task.WhenAny(waiting, next) : waiting);
                }
            }

            await sending;
        }
        finally
        {
            await reading.CancelAsync();
            await next.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default); // an enumerator may be disposed only at rest
        }
    }

    async Task SendAllAsync(WebhookOutbox outbox, CancellationToken stopping)
    {
        while (outbox.Take(mayTellNews: true) is { } notice)
        {
            await SendAsync(notice, new Throttle(TimeSpan.Zero, time), stopping);
        }
    }

    async Task<bool> HasMovedAsync(Task<bool> next, string id, WebhookOutbox outbox, CancellationToken leaving)
    {
        try
        {
            return await next;
        }
        catch (OperationCanceledException) when (leaving.IsCancellationRequested)
        {
            // What was recorded last may not have come here yet.
            if (await store.FindAsync(id, CancellationToken.None) is { IsTerminal: true } ended)
            {
                outbox.End(ended);
            }

            return false;
        }
    }

    async Task SendAsync(WebhookNotice notice, Throttle throttle, CancellationToken stopping)
    {
        switch (notice.Event)
        {
            case WebhookEvent.Completed:
                await delivery.SendUntilTakenAsync(notice, stopping);
                break;
            case WebhookEvent.Start:
                await delivery.SendAsync(notice, stopping);
                await claims.TellStartAsync(notice.Prediction.Id, stopping);
                break;
            default:
                await delivery.SendAsync(notice, stopping);
                throttle.Begin(stopping); // only now: a receiver sees them so far apart, however slow it is
                break;
        }
    }

    /// <summary>The time that must pass between two messages.</summary>
    sealed class Throttle(TimeSpan time, TimeProvider provider)
    {
        public Task Over { get; private set; } = Task.CompletedTask;

        public bool IsOver => Over.IsCompleted;

        public void Begin(CancellationToken stopping) => Over = Task.Delay(time, provider, stopping);
    }
}
