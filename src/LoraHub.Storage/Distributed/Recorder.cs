using LoraHub.Core.Predictions;
using LoraHub.Storage.Records;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;

namespace LoraHub.Storage.Distributed;

/// <summary>
/// Writes what the event log says into the records. All API nodes share one consumer, so batches may come out of order: each is written only as the next
/// one of its prediction, and one that was written before is left out.
/// </summary>
sealed partial class Recorder(Broker broker, IRecordWriter writer, ILogger<Recorder> logger) : BackgroundService
{
    const int AtOnce = 500;

    static readonly TimeSpan PullFor = TimeSpan.FromSeconds(1), Pause = TimeSpan.FromSeconds(1), Early = TimeSpan.FromMilliseconds(50), Latest = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var consumer = await ConsumerAsync(await broker.StreamsAsync(stoppingToken), stoppingToken);
                while (!stoppingToken.IsCancellationRequested)
                {
                    await RecordAsync(await NextAsync(consumer), stoppingToken);
                }
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                LogTrouble(exception.GetType(), exception.Message);
                await Task.Delay(Pause, TimeProvider.System, stoppingToken);
            }
        }
    }

    async Task<INatsJSConsumer> ConsumerAsync(Streams streams, CancellationToken cancellationToken) => await streams.Events.CreateOrUpdateConsumerAsync(
        new ConsumerConfig("recorder")
        {
            FilterSubject = Subjects.EventsOf(broker.Prefix, "*"),
            AckPolicy = ConsumerConfigAckPolicy.Explicit,
            MaxDeliver = -1,
            MaxAckPending = 4 * AtOnce,
        },
        cancellationToken);

    /// <summary>What has come, once something has. Requests are not canceled: what is on its way to one would be late by the time that it may take to acknowledge it.</summary>
    static async Task<IReadOnlyList<INatsJSMsg<byte[]>>> NextAsync(INatsJSConsumer consumer)
    {
        if (await consumer.NextAsync<byte[]>(opts: new NatsJSNextOpts { Expires = PullFor }) is not { } first)
        {
            return [];
        }

        var messages = new List<INatsJSMsg<byte[]>> { first };
        if (first.Metadata is { NumPending: > 0 })
        {
            await foreach (var message in consumer.FetchNoWaitAsync<byte[]>(new NatsJSFetchOpts { MaxMsgs = AtOnce }))
            {
                messages.Add(message);
            }
        }

        return messages;
    }

    async Task RecordAsync(IReadOnlyList<INatsJSMsg<byte[]>> messages, CancellationToken cancellationToken)
    {
        var read = messages.Select(message => (Message: message, Batch: StoredJson.Read<EventBatch>(message.Data))).ToArray();
        var early = new HashSet<EventBatch>(ReferenceEqualityComparer.Instance);
        var said = read.Select(one => one.Batch).Where(batch => batch.Events.Count > 0).GroupBy(batch => batch.Id).OrderBy(batches => batches.Key, StringComparer.Ordinal).ToArray();
        if (said.Length > 0)
        {
            await writer.WriteAsync(
                async records =>
                {
                    early.Clear();
                    early.UnionWith(await WriteAsync(records, said, cancellationToken));
                    return early.Count;
                },
                cancellationToken);
        }

        foreach (var (message, batch) in read)
        {
            await (early.Contains(batch) ? message.NakAsync(new AckOpts { NakDelay = Delay(message) }, cancellationToken) : message.AckAsync(cancellationToken: cancellationToken));
        }

        foreach (var batches in said)
        {
            await broker.Connection.PublishAsync(Subjects.RecordedOf(broker.Prefix, batches.Key), cancellationToken: cancellationToken);
        }
    }

    /// <returns>The batches that came before those they follow.</returns>
    async Task<IReadOnlyCollection<EventBatch>> WriteAsync(RecordsContext records, IReadOnlyList<IGrouping<string, EventBatch>> said, CancellationToken cancellationToken)
    {
        var ids = said.Select(batches => batches.Key).ToArray();
        var heads = await records.Predictions
            .FromSql($"SELECT * FROM predictions WHERE id = ANY({ids}) ORDER BY id FOR UPDATE") // in one order, or two nodes would wait for each other
            .Heads().ToDictionaryAsync(head => head.Id, cancellationToken);
        var early = new List<EventBatch>();
        foreach (var batches in said)
        {
            if (heads.GetValueOrDefault(batches.Key) is { } head)
            {
                early.AddRange(await WriteAsync(records, head, batches, cancellationToken));
            }
            else
            {
                LogUnknown(batches.Key);
            }
        }

        return early;
    }

    async Task<IReadOnlyCollection<EventBatch>> WriteAsync(RecordsContext records, PredictionHead head, IEnumerable<EventBatch> batches, CancellationToken cancellationToken)
    {
        var early = new List<EventBatch>();
        var next = new List<RecordedEvent>();
        foreach (var batch in batches.Where(_ => !head.IsTerminal).OrderBy(batch => batch.First))
        {
            var expected = head.LastSequence + next.Count + 1;
            if (batch.First == expected)
            {
                next.AddRange(batch.Events.Select((happened, index) => new RecordedEvent(batch.First + index, batch.At, happened)));
            }
            else if (batch.First > expected)
            {
                early.Add(batch);
            }
        }

        if (!head.ToPrediction().Accepts([.. next.Select(recorded => recorded.Event)]))
        {
            LogRefused(head.Id, head.LastSequence + 1);
        }
        else if (next.Count > 0)
        {
            await records.AppendAsync(head, next, cancellationToken);
        }

        return early;
    }

    static TimeSpan Delay(INatsJSMsg<byte[]> message)
    {
        var delay = Early * (message.Metadata?.NumDelivered ?? 1);
        return delay < Latest ? delay : Latest;
    }

    [LoggerMessage(LogLevel.Warning, "Events cannot be recorded now; it is tried again every second: {ExceptionType}: {Reason}")]
    partial void LogTrouble(Type exceptionType, string reason);

    [LoggerMessage(LogLevel.Warning, "Events of prediction {PredictionId} were left out: there is no record of it.")]
    partial void LogUnknown(string predictionId);

    [LoggerMessage(LogLevel.Error, "Events of prediction {PredictionId} from {Sequence} on were left out: its record does not accept them.")]
    partial void LogRefused(string predictionId, long sequence);
}
