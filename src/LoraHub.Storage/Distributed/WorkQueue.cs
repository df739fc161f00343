using System.Collections.Concurrent;
using System.Text.Json;
using LoraHub.Core;
using LoraHub.Core.Predictions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using NATS.Client.JetStream;

namespace LoraHub.Storage.Distributed;

/// <summary>
/// The queues of one kind of hardware, one for each kind of prediction: a work-queue stream with durable consumers that all their workers share. A
/// message offers a prediction to a worker; the event log decides who leases it.
/// </summary>
sealed partial class WorkQueue(Broker broker, EventLog log, LargeContents large, IOptions<QueueOptions> options, ILogger<WorkQueue> logger)
    : IAsyncDisposable
{
    readonly ConcurrentDictionary<Task, bool> _returns = [];
    readonly WorkConsumers _consumers = new(broker, options.Value);

    /// <summary>Enqueues a prediction, unless it is queued already.</summary>
    public async Task PublishAsync(CreatedPrediction created, CancellationToken cancellationToken)
    {
        await broker.StreamsAsync(cancellationToken);
        var queued = QueuedPrediction.Of(created);
        var message = queued.Write();
        if (!large.Fits(message))
        {
            queued = await queued.WithoutContentsAsync(large, cancellationToken);
            message = queued.Write();
        }

        var acknowledged = await broker.JetStream.PublishAsync(
            Subjects.QueueOf(broker.Prefix, WorkConsumers.QueueName(created.Hardware, created.Kind), created.Id),
            message,
            opts: new NatsJSPubOpts { ExpectedLastSubjectSequence = 0 },
            cancellationToken: cancellationToken);
        if (acknowledged.Error?.ErrCode == EventLog.WrongLastSequence)
        {
            await queued.RemoveContentsAsync(large, cancellationToken); // the queued message has its own contents
            return;
        }

        acknowledged.EnsureSuccess();
    }

    /// <summary>Takes a prediction out of the queue. A worker may have received its message before.</summary>
    /// <returns>Whether it was queued.</returns>
    public async Task<bool> WithdrawAsync(string id, CancellationToken cancellationToken)
    {
        var stream = (await broker.StreamsAsync(cancellationToken)).Queue;
        if (await stream.FindNextAsync(Subjects.QueueOf(broker.Prefix, "*", id), 1, cancellationToken) is not { } message)
        {
            return false;
        }

        await stream.TryDeleteAsync(message.Seq, cancellationToken);
        await (Read(message.Subject, message.Data.Span)?.RemoveContentsAsync(large, cancellationToken) ?? Task.CompletedTask);
        return true;
    }

    /// <inheritdoc cref="IPredictionQueue.LeaseAsync(PredictionKind, CancellationToken)"/>
    public async Task<IPredictionLease> LeaseAsync(PredictionKind kind, CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (await PullAsync(kind, cancellationToken) is { } message && await ClaimAsync(message, cancellationToken) is { } lease)
            {
                return lease;
            }
        }
    }

    /// <summary>
    /// Cancels a queued prediction, or notifies the worker of a running one; an ended one stays as it is. Retries while the server is unreachable.
    /// </summary>
    /// <returns>The prediction's state afterwards.</returns>
    public async Task<LogState> CancelAsync(string id, CancellationToken cancellationToken)
    {
        var known = await log.EndAsync(id, cancellationToken);
        var end = await log.AppendAsync(id, known, Cancel, cancellationToken);
        if (!end.State.IsTerminal)
        {
            await broker.RetryAsync(NotifyAsync, cancellationToken);
        }

        return end.State;

        async Task NotifyAsync(CancellationToken token) =>
            await broker.Connection.PublishAsync(Subjects.CancelOf(broker.Prefix, id), cancellationToken: token);
    }

    public async ValueTask DisposeAsync() => await Task.WhenAll(_returns.Keys);

    static Step? Cancel(LogState state) => state switch
    {
        { IsTerminal: true } or { CancelRequested: true } => null,
        { Lease: null } => Step.Of(state, new PredictionEvent.Canceled()),
        _ => Step.Of(state, new PredictionEvent.CancelRequested()),
    };

    /// <returns>Null when no message arrived in time.</returns>
    async Task<INatsJSMsg<byte[]>?> PullAsync(PredictionKind kind, CancellationToken cancellationToken)
    {
        // The request is not canceled: a message already in flight would be lost until its acknowledgment timeout.
        var pull = _consumers.NextAsync(kind);
        try
        {
            return await pull.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            var returning = ReturnPulledAsync(pull);
            _returns.TryAdd(returning, true);
            _ = returning.ContinueWith(left => _returns.TryRemove(left, out _), TaskScheduler.Default);
            throw;
        }
    }

    static async Task ReturnPulledAsync(Task<INatsJSMsg<byte[]>?> pull)
    {
        try
        {
            if (await pull is { } message)
            {
                await ReturnAsync(message);
            }
        }
        catch (Exception exception) when (Broker.IsTransient(exception))
        {
            // No message arrived.
        }
    }

    static async Task ReturnAsync(INatsJSMsg<byte[]> message)
    {
        try
        {
            await message.NakAsync(new AckOpts { DoubleAck = true });
        }
        catch (Exception exception) when (Broker.IsTransient(exception))
        {
            // The queue redelivers it after the acknowledgment timeout.
        }
    }

    /// <returns>The lease, or null when the prediction does not need this worker.</returns>
    async Task<IPredictionLease?> ClaimAsync(INatsJSMsg<byte[]> message, CancellationToken cancellationToken)
    {
        if (Read(message.Subject, message.Data) is not { } queued)
        {
            return null;
        }

        var known = await log.EndAsync(queued.Created.Id, cancellationToken);
        if (known.State is { Lease: not null, IsTerminal: false } && message.Metadata is { NumDelivered: 1 })
        {
            // A killed server lost this message's delivery count. The worker's next heartbeat keeps the message, or the queue redelivers it.
            return null;
        }

        if (!known.State.IsTerminal)
        {
            queued = await broker.RetryAsync(token => queued.WithContentsAsync(large, token), cancellationToken);
        }

        var lease = new DistributedLease(broker, log, large, message, queued, options.Value.Lease);
        try
        {
            await lease.ListenAsync(cancellationToken); // before the claim, so that no cancellation request is missed
            if (await lease.ClaimAsync(known, options.Value.MaxAttempts, cancellationToken))
            {
                return lease;
            }
        }
        catch
        {
            await lease.DisposeAsync();
            await ReturnAsync(message);
            throw;
        }

        await lease.DisposeAsync();
        return null;
    }

    /// <returns>Null when a newer version enqueued it in a way that this one cannot read: the queue offers it again, also to workers of that
    /// version.</returns>
    QueuedPrediction? Read(string subject, ReadOnlySpan<byte> message)
    {
        try
        {
            return QueuedPrediction.Read(message);
        }
        catch (JsonException)
        {
            LogUnreadable(Subjects.IdOf(subject));
            return null;
        }
    }

    [LoggerMessage(LogLevel.Error, "Skipped prediction {PredictionId} in the queue: its message cannot be read. Upgrade this worker.")]
    partial void LogUnreadable(string predictionId);
}
