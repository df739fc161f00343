using System.Text.Json;
using LoraHub.Core.Predictions;
using LoraHub.Storage.Records;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;

namespace LoraHub.Storage.Distributed;

/// <summary>
/// Copies the event log into the records, in order. One node does this; another takes over when that node is lost or frozen. Two nodes may briefly
/// overlap: a batch is written only if it directly follows the record's last event.
/// </summary>
sealed partial class Recorder(
    Broker broker,
    LargeContents large,
    IRecordWriter writer,
    IOptions<DistributedOptions> options,
    NewerEvents newer,
    ILogger<Recorder> logger) : BackgroundService
{
    const int AtOnce = 500;

    static readonly TimeSpan PullFor = TimeSpan.FromSeconds(2), Pause = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await using var turn = await RecordingTurn.TakeAsync(options.Value.Postgres!, stoppingToken);
                await FollowAsync(turn, stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                LogRetry(exception.GetType(), exception.Message);
                await Task.Delay(Pause, TimeProvider.System, stoppingToken);
            }
        }
    }

    /// <summary>Records new messages, starting at the recorded position.</summary>
    async Task FollowAsync(RecordingTurn turn, CancellationToken cancellationToken)
    {
        var streams = await broker.StreamsAsync(cancellationToken);
        var consumer = await streams.Events.CreateOrUpdateConsumerAsync(
            new ConsumerConfig
            {
                DeliverPolicy = ConsumerConfigDeliverPolicy.ByStartSequence,
                OptStartSeq = await RecordedPosition.FindAsync(streams, cancellationToken) + 1,
                AckPolicy = ConsumerConfigAckPolicy.None,
                InactiveThreshold = TimeSpan.FromMinutes(1),
            },
            cancellationToken);
        for (ulong delivered = 0; ;)
        {
            await turn.KeepAsync(cancellationToken); // throws when the turn is lost
            var messages = await NextAsync(consumer, cancellationToken);
            if (messages.Count == 0)
            {
                await consumer.RefreshAsync(cancellationToken); // throws when a killed server lost the consumer
                continue;
            }

            if (messages.Any(message => message.Metadata?.Sequence.Consumer != ++delivered))
            {
                return; // a message was lost: restart from the recorded position
            }

            await RecordAsync(messages, cancellationToken);
            await RecordedPosition.SetAsync(streams, messages[^1].Metadata!.Value.Sequence.Stream, cancellationToken);
        }
    }

    /// <summary>Waits for messages; returns none after <see cref="PullFor"/>.</summary>
    static async Task<IReadOnlyList<INatsJSMsg<byte[]>>> NextAsync(INatsJSConsumer consumer, CancellationToken cancellationToken)
    {
        if (await consumer.NextAsync<byte[]>(opts: new NatsJSNextOpts { Expires = PullFor }, cancellationToken: cancellationToken) is not { } first)
        {
            return [];
        }

        var messages = new List<INatsJSMsg<byte[]>> { first };
        if (first.Metadata is { NumPending: > 0 })
        {
            var options = new NatsJSFetchOpts { MaxMsgs = AtOnce };
            await foreach (var message in consumer.FetchNoWaitAsync<byte[]>(options, cancellationToken: cancellationToken))
            {
                messages.Add(message);
            }
        }

        return messages;
    }

    async Task RecordAsync(IReadOnlyList<INatsJSMsg<byte[]>> messages, CancellationToken cancellationToken)
    {
        var read = new List<EventBatch>();
        foreach (var message in messages)
        {
            if (await ReadAsync(message, cancellationToken) is { } batch)
            {
                read.Add(batch);
            }
        }

        var byId = read.Where(batch => batch.Events.Count > 0)
            .GroupBy(batch => batch.Id).OrderBy(batches => batches.Key, StringComparer.Ordinal).ToArray();
        if (byId.Length == 0)
        {
            return; // only leases and releases
        }

        await writer.WriteAsync(records => WriteAsync(records, byId, cancellationToken), cancellationToken);
        foreach (var batch in read)
        {
            await large.RemoveAsync(batch.EventsAt, cancellationToken);
        }

        foreach (var batches in byId)
        {
            await broker.Connection.PublishAsync(Subjects.RecordedOf(broker.Prefix, batches.Key), cancellationToken: cancellationToken);
        }
    }

    /// <returns>Null when the message cannot be read: one prediction must not hold up the others.</returns>
    async Task<EventBatch?> ReadAsync(INatsJSMsg<byte[]> message, CancellationToken cancellationToken)
    {
        try
        {
            var batch = StoredJson.Read<EventBatch>(message.Data);
            batch = batch.EventsAt is not { } name ? batch : batch with
            {
                Events = await large.FindAsync<IReadOnlyList<PredictionEvent>>(name, cancellationToken) ?? [], // removed once recorded
            };
            newer.Report(batch.Events);
            return batch;
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException)
        {
            LogUnreadable(Subjects.IdOf(message.Subject), message.Metadata!.Value.Sequence.Stream);
            return null;
        }
    }

    /// <returns>The number of predictions found.</returns>
    async Task<int> WriteAsync(RecordsContext records, IReadOnlyList<IGrouping<string, EventBatch>> byId, CancellationToken cancellationToken)
    {
        var ids = byId.Select(batches => batches.Key).ToArray();
        var heads = await records.Predictions
            .FromSql($"SELECT * FROM predictions WHERE id = ANY({ids}) ORDER BY id FOR UPDATE") // a fixed order prevents deadlocks between nodes
            .Heads().ToDictionaryAsync(head => head.Id, cancellationToken);
        foreach (var batches in byId)
        {
            if (heads.GetValueOrDefault(batches.Key) is { } head)
            {
                await WriteAsync(records, head, batches, cancellationToken);
            }
            else
            {
                LogUnknown(batches.Key);
            }
        }

        return heads.Count;
    }

    async Task WriteAsync(RecordsContext records, PredictionHead head, IEnumerable<EventBatch> batches, CancellationToken cancellationToken)
    {
        var next = new List<RecordedEvent>();
        foreach (var batch in batches.Where(batch => batch.First > head.LastSequence)) // earlier ones are recorded already
        {
            next.AddRange(batch.Events.Select((happened, index) => new RecordedEvent(batch.First + index, batch.At, happened)));
        }

        if (next.Count == 0 || head.IsTerminal)
        {
            return;
        }

        if (next[0].Sequence == head.LastSequence + 1 && head.State.Accepts(next.Select(recorded => recorded.Event)))
        {
            await records.AppendAsync(head, next, cancellationToken);
        }
        else
        {
            LogRefused(head.Id, next[0].Sequence);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Could not record events ({ExceptionType}: {Reason}); retrying every second.")]
    partial void LogRetry(Type exceptionType, string reason);

    [LoggerMessage(LogLevel.Error, "Skipped message {Sequence} of the event log, of prediction {PredictionId}: it cannot be read.")]
    partial void LogUnreadable(string predictionId, ulong sequence);

    [LoggerMessage(LogLevel.Warning, "Skipped events of prediction {PredictionId}: it has no record.")]
    partial void LogUnknown(string predictionId);

    [LoggerMessage(LogLevel.Error, "Skipped events of prediction {PredictionId} from sequence number {Sequence}: its record does not accept them.")]
    partial void LogRefused(string predictionId, long sequence);
}
