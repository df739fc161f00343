using LoraHub.Core.Predictions;
using LoraHub.Storage.Records;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;

namespace LoraHub.Storage.Distributed;

/// <summary>
/// Copies the event log into the records, in order. One node does this; another takes over when that node is lost. Two nodes may briefly
/// overlap: a batch is written only if it directly follows the record's last event.
/// </summary>
sealed partial class Recorder(
    Broker broker,
    LargeContents large,
    IRecordWriter writer,
    IDbContextFactory<RecordsContext> contexts,
    ILogger<Recorder> logger) : BackgroundService
{
    const int AtOnce = 500;

    /// <summary>The key of the advisory lock that the recording node holds.</summary>
    const long TurnLock = 0x4C6F7262;

    static readonly TimeSpan PullFor = TimeSpan.FromSeconds(2), Pause = TimeSpan.FromSeconds(1), AskForTurn = TimeSpan.FromMilliseconds(500);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await using var turn = await contexts.CreateDbContextAsync(stoppingToken);
                await TakeAsync(turn, stoppingToken);
                await FollowAsync(turn, stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                LogRetry(exception.GetType(), exception.Message);
                await Task.Delay(Pause, TimeProvider.System, stoppingToken);
            }
        }
    }

    /// <summary>Waits for the advisory lock, which ends with the connection.</summary>
    static async Task TakeAsync(RecordsContext turn, CancellationToken cancellationToken)
    {
        await turn.Database.OpenConnectionAsync(cancellationToken);
        while (!await turn.Database.SqlQuery<bool>($"SELECT pg_try_advisory_lock({TurnLock}) AS \"Value\"").SingleAsync(cancellationToken))
        {
            await Task.Delay(AskForTurn, TimeProvider.System, cancellationToken);
        }
    }

    /// <summary>Records new messages, starting at the recorded position.</summary>
    async Task FollowAsync(RecordsContext turn, CancellationToken cancellationToken)
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
            var messages = await NextAsync(consumer, cancellationToken);
            if (messages.Count == 0)
            {
                await consumer.RefreshAsync(cancellationToken); // throws when a killed server lost the consumer
                await turn.Database.ExecuteSqlAsync($"SELECT 1", cancellationToken); // throws when the lock is lost
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
            read.Add(await ReadAsync(message, cancellationToken));
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

    async Task<EventBatch> ReadAsync(INatsJSMsg<byte[]> message, CancellationToken cancellationToken)
    {
        var batch = StoredJson.Read<EventBatch>(message.Data);
        return batch.EventsAt is not { } name ? batch : batch with
        {
            Events = await large.FindAsync<IReadOnlyList<PredictionEvent>>(name, cancellationToken) ?? [], // removed once recorded
        };
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

    [LoggerMessage(LogLevel.Warning, "Skipped events of prediction {PredictionId}: it has no record.")]
    partial void LogUnknown(string predictionId);

    [LoggerMessage(LogLevel.Error, "Skipped events of prediction {PredictionId} from sequence number {Sequence}: its record does not accept them.")]
    partial void LogRefused(string predictionId, long sequence);
}
