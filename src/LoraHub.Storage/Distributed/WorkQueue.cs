using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using LoraHub.Core;
using LoraHub.Core.Predictions;
using Microsoft.Extensions.Options;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;

namespace LoraHub.Storage.Distributed;

/// <summary>
/// The queue of one kind of hardware: a work-queue stream with a durable consumer that all its workers share. A message says who is next; whose
/// turn it is, the event log decides.
/// </summary>
sealed class WorkQueue(Broker broker, EventLog log, LargeContents large, IOptions<QueueOptions> options) : IAsyncDisposable
{
    /// <summary>How long one request for a message stands; the next follows at once.</summary>
    static readonly TimeSpan PullFor = TimeSpan.FromSeconds(2);

    readonly ConcurrentDictionary<Task, bool> _leaving = [];
    volatile Consumer? _consumer;

    /// <summary>Puts a prediction into its queue, unless it is there.</summary>
    public async Task PublishAsync(Prediction prediction, CancellationToken cancellationToken)
    {
        await broker.StreamsAsync(cancellationToken);
        var queued = QueuedPrediction.Of(prediction);
        var message = StoredJson.Write(queued);
        if (!large.Fits(message))
        {
            queued = queued with { Input = [], InputAt = await large.PutAsync(prediction.Id, queued.Input, cancellationToken) };
            message = StoredJson.Write(queued);
        }

        var acknowledged = await broker.JetStream.PublishAsync(
            Subjects.QueueOf(broker.Prefix, prediction.Hardware, prediction.Id),
            message,
            opts: new NatsJSPubOpts { ExpectedLastSubjectSequence = 0 },
            cancellationToken: cancellationToken);
        if (acknowledged.Error?.ErrCode == EventLog.WrongLastSequence)
        {
            await large.RemoveAsync(queued.InputAt, cancellationToken); // the message that is there has its own
            return;
        }

        acknowledged.EnsureSuccess();
    }

    /// <inheritdoc cref="IPredictionQueue.LeaseAsync"/>
    public async Task<IPredictionLease> LeaseAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (await PullAsync(cancellationToken) is { } message && await ClaimAsync(message, cancellationToken) is { } lease)
            {
                return lease;
            }
        }
    }

    /// <summary>Cancels what waits, and tells the worker of what runs; what has ended stays as it is. While the server is away it waits for it.</summary>
    /// <returns>How the prediction stands then.</returns>
    public async Task<LogState> CancelAsync(string id, CancellationToken cancellationToken)
    {
        var known = await log.EndAsync(id, cancellationToken);
        var end = await log.AppendAsync(id, known, Cancel, cancellationToken);
        if (!end.State.IsTerminal)
        {
            await broker.InsistAsync(TellAsync, cancellationToken);
        }

        return end.State;

        async Task<bool> TellAsync(CancellationToken token)
        {
            await broker.Connection.PublishAsync(Subjects.CancelOf(broker.Prefix, id), cancellationToken: token);
            return true;
        }
    }

    public async ValueTask DisposeAsync() => await Task.WhenAll(_leaving.Keys);

    static Step? Cancel(LogState state) => state switch
    {
        { IsTerminal: true } or { CancelRequested: true } => null,
        { Lease: null } => Step.Of(state, new PredictionEvent.Canceled()),
        _ => Step.Of(state, new PredictionEvent.CancelRequested()),
    };

    /// <returns>Null when none came for a while.</returns>
    async Task<INatsJSMsg<byte[]>?> PullAsync(CancellationToken cancellationToken)
    {
        // The request is not canceled: a message already on its way would be lost until its time to be acknowledged is over.
        var pull = RequestAsync();
        try
        {
            return await pull.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            var leaving = GiveBackAsync(pull);
            _leaving.TryAdd(leaving, true);
            _ = leaving.ContinueWith(left => _leaving.TryRemove(left, out _), TaskScheduler.Default);
            throw;
        }
    }

    async Task<INatsJSMsg<byte[]>?> RequestAsync()
    {
        var streams = await broker.StreamsAsync(CancellationToken.None);
        var consumer = _consumer is { } known && known.Of == streams ? known : _consumer = await MakeConsumerAsync(streams);
        try
        {
            return await consumer.Messages.NextAsync<byte[]>(opts: new NatsJSNextOpts { Expires = PullFor });
        }
        catch
        {
            _consumer = null; // perhaps it is gone
            throw;
        }
    }

    async Task<Consumer> MakeConsumerAsync(Streams streams) => new(streams, await streams.Queue.CreateOrUpdateConsumerAsync(
        new ConsumerConfig($"workers-{options.Value.Hardware}")
        {
            FilterSubject = Subjects.QueueOf(broker.Prefix, options.Value.Hardware, "*"), // alone: 2.9 ignores a list of filters
            AckPolicy = ConsumerConfigAckPolicy.Explicit,
            AckWait = options.Value.Lease,
            MaxDeliver = -1, // the limit is the log's to keep: beyond this one a message would stay for ever
            MaxAckPending = -1,
        },
        CancellationToken.None));

    static async Task GiveBackAsync(Task<INatsJSMsg<byte[]>?> pull)
    {
        try
        {
            if (await pull is { } message)
            {
                await HandBackAsync(message);
            }
        }
        catch (Exception exception) when (Broker.IsTrouble(exception))
        {
            // Nothing came.
        }
    }

    static async Task HandBackAsync(INatsJSMsg<byte[]> message)
    {
        try
        {
            await message.NakAsync(new AckOpts { DoubleAck = true });
        }
        catch (Exception exception) when (Broker.IsTrouble(exception))
        {
            // Then it comes back when its time to be acknowledged is over.
        }
    }

    /// <returns>The lease, or null when the prediction needs no worker.</returns>
    async Task<IPredictionLease?> ClaimAsync(INatsJSMsg<byte[]> message, CancellationToken cancellationToken)
    {
        var queued = StoredJson.Read<QueuedPrediction>(message.Data);
        var known = await log.EndAsync(queued.Id, cancellationToken);
        if (known.State is { Lease: not null, IsTerminal: false } && message.Metadata is { NumDelivered: 1 })
        {
            return null; // a server that was killed forgot that it had delivered this. The worker keeps it by its next sign of life, or it comes again
        }

        if (!known.State.IsTerminal && queued.InputAt is { } name)
        {
            queued = queued with { Input = await broker.InsistAsync(token => large.FindAsync<JsonObject>(name, token), cancellationToken) ?? [] };
        }

        var lease = new DistributedLease(broker, log, large, message, queued, options.Value.Lease);
        try
        {
            await lease.ListenAsync(cancellationToken); // before it is claimed, so that no wish to cancel it falls between
            if (await lease.ClaimAsync(known, options.Value.MaxAttempts, cancellationToken))
            {
                return lease;
            }
        }
        catch
        {
            await lease.DisposeAsync();
            await HandBackAsync(message);
            throw;
        }

        await lease.DisposeAsync();
        return null;
    }

    /// <param name="Of">What it was made for: another server needs it anew.</param>
    sealed record Consumer(Streams Of, INatsJSConsumer Messages);
}
