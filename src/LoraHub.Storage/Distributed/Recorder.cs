using LoraHub.Core.Predictions;
using LoraHub.Storage.Records;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;

namespace LoraHub.Storage.Distributed;

/// <summary>
/// Writes what the event log says into the records, in the log's order. One node does it, and another as soon as that one is lost. Should two do it for a
/// moment it is no matter: a batch is written only right after what its record has.
/// </summary>
sealed partial class Recorder(
    Broker broker, LargeContents large, IRecordWriter writer, IDbContextFactory<RecordsContext> contexts, ILogger<Recorder> logger) : BackgroundService
{
    const int AtOnce = 500;

    /// <summary>Names the lock of the node whose turn it is.</summary>
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
                LogTrouble(exception.GetType(), exception.Message);
                await Task.Delay(Pause, TimeProvider.System, stoppingToken);
            }
        }
    }

    /// <summary>Waits for this node's turn, which ends with the connection.</summary>
    static async Task TakeAsync(RecordsContext turn, CancellationToken cancellationToken)
    {
        await turn.Database.OpenConnectionAsync(cancellationToken);
        while (!await turn.Database.SqlQuery<bool>($"SELECT pg_try_advisory_lock({TurnLock}) AS \"Value\"").SingleAsync(cancellationToken))
        {
            await Task.Delay(AskForTurn, TimeProvider.System, cancellationToken);
        }
    }

    /// <summary>Records what comes, from where it was left.</summary>
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
                await consumer.RefreshAsync(cancellationToken); // throws when a server that was killed forgot it
                await turn.Database.ExecuteSqlAsync($"SELECT 1", cancellationToken); // throws when the turn is over
                continue;
            }

            if (messages.Any(message => message.Metadata?.Sequence.Consumer != ++delivered))
            {
                return; // one was lost on its way: again from what is recorded
            }

            await RecordAsync(messages, cancellationToken);
            await RecordedPosition.SetAsync(streams, messages[^1].Metadata!.Value.Sequence.Stream, cancellationToken);
        }
    }

    /// <summary>What has come, once something has.</summary>
    static async Task<IReadOnlyList<INatsJSMsg<byte[]>>> NextAsync(INatsJSConsumer consumer, CancellationToken cancellationToken)
    {
        if (await consumer.NextAsync<byte[]>(opts: new NatsJSNextOpts { Expires = PullFor }, cancellationToken: cancellationToken) is not { } first)
        {
            return [];
        }

        var messages = new List<INatsJSMsg<byte[]>> { first };
        if (first.Metadata is { NumPending: > 0 })
        {
            await foreach (var message in consumer.FetchNoWaitAsync<byte[]>(new NatsJSFetchOpts { MaxMsgs = AtOnce }, cancellationToken: cancellationToken))
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

        var said = read.Where(batch => batch.Events.Count > 0).GroupBy(batch => batch.Id).OrderBy(batches => batches.Key, StringComparer.Ordinal).ToArray();
        if (said.Length == 0)
        {
            return; // predictions that were taken or handed back
        }

        await writer.WriteAsync(records => WriteAsync(records, said, cancellationToken), cancellationToken);
        foreach (var batch in read)
        {
            await large.RemoveAsync(batch.EventsAt, cancellationToken);
        }

        foreach (var batches in said)
        {
            await broker.Connection.PublishAsync(Subjects.RecordedOf(broker.Prefix, batches.Key), cancellationToken: cancellationToken);
        }
    }

    async Task<EventBatch> ReadAsync(INatsJSMsg<byte[]> message, CancellationToken cancellationToken)
    {
        var batch = StoredJson.Read<EventBatch>(message.Data);
        return batch.EventsAt is not { } name ? batch : batch with
        {
            Events = await large.FindAsync<IReadOnlyList<PredictionEvent>>(name, cancellationToken) ?? [], // gone means recorded
        };
    }

    /// <returns>How many predictions have changed.</returns>
    async Task<int> WriteAsync(RecordsContext records, IReadOnlyList<IGrouping<string, EventBatch>> said, CancellationToken cancellationToken)
    {
        var ids = said.Select(batches => batches.Key).ToArray();
        var heads = await records.Predictions
            .FromSql($"SELECT * FROM predictions WHERE id = ANY({ids}) ORDER BY id FOR UPDATE") // in one order, or two nodes would wait for each other
            .Heads().ToDictionaryAsync(head => head.Id, cancellationToken);
        foreach (var batches in said)
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
        foreach (var batch in batches.Where(batch => batch.First > head.LastSequence)) // what is before that was recorded before
        {
            next.AddRange(batch.Events.Select((happened, index) => new RecordedEvent(batch.First + index, batch.At, happened)));
        }

        if (next.Count == 0 || head.IsTerminal)
        {
            return;
        }

        if (next[0].Sequence == head.LastSequence + 1 && head.ToPrediction().Accepts([.. next.Select(recorded => recorded.Event)]))
        {
            await records.AppendAsync(head, next, cancellationToken);
        }
        else
        {
            LogRefused(head.Id, next[0].Sequence);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Events cannot be recorded now; it is tried again every second: {ExceptionType}: {Reason}")]
    partial void LogTrouble(Type exceptionType, string reason);

    [LoggerMessage(LogLevel.Warning, "Events of prediction {PredictionId} were left out: there is no record of it.")]
    partial void LogUnknown(string predictionId);

    [LoggerMessage(LogLevel.Error, "Events of prediction {PredictionId} from {Sequence} on were left out: its record does not accept them.")]
    partial void LogRefused(string predictionId, long sequence);
}
