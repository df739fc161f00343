using LoraHub.Core.Predictions;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;

namespace LoraHub.Storage.Distributed;

/// <summary>
/// What happened to each prediction: one subject a prediction, on which a message is accepted only after the one its writer knew. So whoever comes
/// too late is refused, and this log alone decides what is true.
/// </summary>
sealed class EventLog(Broker broker, LargeContents large, TimeProvider time)
{
    /// <summary>The server's code for this.</summary>
    public const int WrongLastSequence = 10071;

    /// <summary>How the log ends now. While the server is away it waits for it.</summary>
    public Task<LogEnd> EndAsync(string id, CancellationToken cancellationToken) =>
        broker.InsistAsync(token => FindEndAsync(id, token), cancellationToken);

    /// <summary>How the log ends now, or an exception while the server is away.</summary>
    public async Task<LogEnd> FindEndAsync(string id, CancellationToken cancellationToken)
    {
        var events = (await broker.StreamsAsync(cancellationToken)).Events;
        try
        {
            var last = await events.GetAsync(new StreamMsgGetRequest { LastBySubj = Subjects.EventsOf(broker.Prefix, id) }, cancellationToken);
            return new LogEnd(StoredJson.Read<EventBatch>(last.Message.Data.Span).After, last.Message.Seq);
        }
        catch (NatsJSApiException exception) when (exception.Error.ErrCode == ObjectStores.NoMessageFound)
        {
            return LogEnd.Empty;
        }
    }

    /// <summary>Appends what the caller makes of the log's end. While the server is away it waits for it.</summary>
    /// <param name="known">How the log ends as far as the caller knows; it may be out of date.</param>
    /// <param name="decide">What is to follow a state, and the state after it, or null for nothing; asked again when another writer was faster.</param>
    /// <returns>How the log ends then.</returns>
    public async Task<LogEnd> AppendAsync(string id, LogEnd known, Func<LogState, Step?> decide, CancellationToken cancellationToken)
    {
        for (var end = known; ; end = await EndAsync(id, cancellationToken))
        {
            if (decide(end.State) is not { } step)
            {
                return end;
            }

            var batch = new EventBatch(id, end.State.Last + 1, time.GetUtcNow(), step.Events, step.After);
            var message = await broker.InsistAsync(token => WriteAsync(batch, token), cancellationToken);
            if (await broker.InsistAsync(token => PublishAsync(id, message, end.Sequence, token), cancellationToken) is { } sequence)
            {
                return new LogEnd(batch.After, sequence);
            }
        }
    }

    async Task<byte[]> WriteAsync(EventBatch batch, CancellationToken cancellationToken)
    {
        var message = StoredJson.Write(batch);
        return large.Fits(message)
            ? message
            : StoredJson.Write(batch with { Events = [], EventsAt = await large.PutAsync(batch.Id, batch.Events, cancellationToken) });
    }

    /// <returns>The message's sequence number, or null when the log no longer ends where the writer thought.</returns>
    async Task<ulong?> PublishAsync(string id, byte[] message, ulong expected, CancellationToken cancellationToken)
    {
        await broker.StreamsAsync(cancellationToken);
        var acknowledged = await broker.JetStream.PublishAsync(
            Subjects.EventsOf(broker.Prefix, id), message, opts: new NatsJSPubOpts { ExpectedLastSubjectSequence = expected }, cancellationToken: cancellationToken);
        if (acknowledged.Error?.ErrCode == WrongLastSequence)
        {
            return null;
        }

        acknowledged.EnsureSuccess();
        return acknowledged.Seq;
    }
}

/// <summary>What a writer wants to append.</summary>
/// <param name="After">How the prediction stands then.</param>
sealed record Step(IReadOnlyList<PredictionEvent> Events, LogState After)
{
    public static Step Of(LogState before, params IReadOnlyList<PredictionEvent> events) => new(events, before.Append(events));
}
