using LoraHub.Core;
using LoraHub.Core.Predictions;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;

namespace LoraHub.Storage.Distributed;

/// <summary>The durable consumers that all workers of one kind of hardware share, one for each kind of prediction.</summary>
sealed class WorkConsumers(Broker broker, QueueOptions options)
{
    /// <summary>How long one request for a message lasts; the next follows immediately.</summary>
    static readonly TimeSpan PullFor = TimeSpan.FromSeconds(2);

    volatile Made? _made;

    /// <summary>
    /// The word of a queue in subjects and names. No hardware has an underscore. Compositions keep the queue that predictions had before there were
    /// kinds.
    /// </summary>
    public static string QueueName(string hardware, PredictionKind kind) =>
        kind is PredictionKind.Compose ? hardware : $"{hardware}_{kind}".ToLowerInvariant();

    /// <summary>Requests a message.</summary>
    /// <returns>Null when no message arrived in time.</returns>
    public async Task<INatsJSMsg<byte[]>?> NextAsync(PredictionKind kind)
    {
        var streams = await broker.StreamsAsync(CancellationToken.None);
        var made = _made is { } known && known.Of == streams ? known : _made = await MakeAsync(streams);
        try
        {
            return await made.ByKind[kind].NextAsync<byte[]>(opts: new NatsJSNextOpts { Expires = PullFor });
        }
        catch
        {
            _made = null; // it may be gone
            throw;
        }
    }

    /// <summary>Makes all of them, also those that this worker does not use: KEDA takes a missing one for a full queue.</summary>
    async Task<Made> MakeAsync(Streams streams)
    {
        var byKind = new Dictionary<PredictionKind, INatsJSConsumer>();
        foreach (var kind in Enum.GetValues<PredictionKind>())
        {
            var queue = QueueName(options.Hardware, kind);
            var config = new ConsumerConfig($"workers-{queue}")
            {
                FilterSubject = Subjects.QueueOf(broker.Prefix, queue, "*"), // a single filter: NATS 2.9 ignores a list
                AckPolicy = ConsumerConfigAckPolicy.Explicit,
                AckWait = options.Lease,
                MaxDeliver = -1, // the log enforces the limit: beyond MaxDeliver a message would stay in the stream undelivered
                MaxAckPending = -1,
            };
            byKind[kind] = await streams.Queue.CreateOrUpdateConsumerAsync(config, CancellationToken.None);
        }

        return new Made(streams, byKind);
    }

    /// <param name="Of">The streams they were created for; another server needs new consumers.</param>
    sealed record Made(Streams Of, IReadOnlyDictionary<PredictionKind, INatsJSConsumer> ByKind);
}
