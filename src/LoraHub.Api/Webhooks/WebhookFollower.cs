using LoraHub.Core.Predictions;
using LoraHub.Core.Threading;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Webhooks;

/// <summary>Follows a prediction from its creation to its end and sends its webhook messages, one at a time.</summary>
sealed class WebhookFollower(
    IPredictionEvents events,
    IPredictionStore store,
    IWebhookClaims claims,
    WebhookDelivery delivery,
    IOptions<WebhookOptions> options,
    TimeProvider time)
{
    /// <summary>Returns after it has sent the prediction's end, or everything known when <paramref name="leaving"/> is canceled.</summary>
    /// <param name="claim">A claim of this process. The method closes it after it has sent the end, and releases it otherwise.</param>
    /// <param name="leaving">Stops the wait for further events; the method still sends what it knows by then.</param>
    /// <param name="stopping">Stops the sending too; canceled after <paramref name="leaving"/>.</param>
    public async Task FollowAsync(WebhookClaim claim, CancellationToken leaving, CancellationToken stopping)
    {
        var created = claim.Created;
        var outbox = new WebhookOutbox(created, created.Webhook!.Events, claim.StartTold);
        var isSent = false;
        try
        {
            if (claim.IsTakenOver && await store.FindAsync(created.Id, stopping) is { IsTerminal: true } ended)
            {
                outbox.End(ended); // another process may have sent the end, and no earlier message may follow that
                await SendAllAsync(outbox, new Throttle(TimeSpan.Zero, time), stopping);
            }
            else
            {
                await FollowAsync(created, outbox, leaving, stopping);
            }

            isSent = outbox.HasEnded;
        }
        finally
        {
            await (isSent ? claims.CloseAsync(created.Id, CancellationToken.None) : claims.ReleaseAsync([created.Id], CancellationToken.None));
        }
    }

    /// <summary>Sends one message at a time while it reads events, so that each message contains everything known when it is sent.</summary>
    async Task FollowAsync(Prediction created, WebhookOutbox outbox, CancellationToken leaving, CancellationToken stopping)
    {
        await using var reader = new PendingReader<RecordedEvent>(events.ReadAsync(created.Id, after: 0, leaving), leaving);
        var throttle = new Throttle(options.Value.Throttle, time);
        var sending = Task.CompletedTask;
        while (await AddReadyAsync(reader, created.Id, outbox, leaving))
        {
            if (sending.IsCompleted && outbox.Take(throttle.IsOver) is { } notice)
            {
                await sending;
                sending = SendAsync(notice, throttle, stopping);
            }
            else
            {
                var obstacle = !sending.IsCompleted ? sending : outbox.IsEmpty ? reader.Next : throttle.Over;
                await Task.WhenAny(reader.Next, obstacle);
            }
        }

        await sending;
        await SendAllAsync(outbox, throttle, stopping);
    }

    /// <summary>Adds the events that can be read without waiting.</summary>
    /// <returns>Whether more events may follow.</returns>
    async Task<bool> AddReadyAsync(PendingReader<RecordedEvent> reader, string id, WebhookOutbox outbox, CancellationToken leaving)
    {
        try
        {
            while (reader.Next.IsCompleted)
            {
                if (!await reader.Next)
                {
                    return false;
                }

                outbox.Add(reader.Take());
            }

            return true;
        }
        catch (OperationCanceledException) when (leaving.IsCancellationRequested)
        {
            // The records may hold an end that this follower has not read yet.
            if (await store.FindAsync(id, CancellationToken.None) is { IsTerminal: true } ended)
            {
                outbox.End(ended);
            }

            return false;
        }
    }

    async Task SendAllAsync(WebhookOutbox outbox, Throttle throttle, CancellationToken stopping)
    {
        while (!outbox.IsEmpty)
        {
            if (outbox.Take(throttle.IsOver) is { } notice)
            {
                await SendAsync(notice, throttle, stopping);
            }
            else
            {
                await throttle.Over;
            }
        }
    }

    async Task SendAsync(WebhookNotice notice, Throttle throttle, CancellationToken stopping)
    {
        switch (notice.Event)
        {
            case WebhookEvent.Completed:
                await delivery.SendUntilDeliveredAsync(notice, stopping);
                break;
            case WebhookEvent.Start:
                await claims.MarkStartSentAsync(notice.Prediction.Id, stopping); // first: a receiver that stops this process gets it only once
                await delivery.SendAsync(notice, stopping);
                break;
            default:
                await delivery.SendAsync(notice, stopping);
                throttle.Begin(stopping); // after the answer, so that the interval also holds for a slow receiver
                break;
        }
    }

    /// <summary>Keeps the minimum time between two messages with output or logs.</summary>
    sealed class Throttle(TimeSpan time, TimeProvider provider)
    {
        public Task Over { get; private set; } = Task.CompletedTask;

        public bool IsOver => Over.IsCompleted;

        public void Begin(CancellationToken stopping) => Over = Task.Delay(time, provider, stopping);
    }
}
