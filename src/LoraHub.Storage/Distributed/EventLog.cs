using LoraHub.Core.Predictions;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;

namespace LoraHub.Storage.Distributed;

/// <summary>
/// The events of each prediction, on one subject per prediction. A message is accepted only if the subject's last message is the one its
/// writer expects, so a late writer is refused. This log is the source of truth.
/// </summary>
sealed class EventLog(Broker broker, LargeContents large, TimeProvider time)
{
    /// <summary>The server's error code for a wrong expected sequence number.</summary>
    public const int WrongLastSequence = 10071;

    /// <summary>Finds the log's end. Retries while the server is unreachable.</summary>
    public Task<LogEnd> EndAsync(string id, CancellationToken cancellationToken) =>
        broker.RetryAsync(token => FindEndAsync(id, token), cancellationToken);

    /// <summary>Finds the log's end. Throws while the server is unreachable.</summary>
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

    /// <summary>Appends the step that the caller derives from the log's end. Retries while the server is unreachable.</summary>
    /// <param name="known">The last end of the log that the caller has seen; it may be stale.</param>
    /// <param name="decide">Returns the step to append after a state, or null for none. Called again when another writer was faster.</param>
    /// <returns>The log's end afterwards.</returns>
    public async Task<LogEnd> AppendAsync(string id, LogEnd known, Func<LogState, Step?> decide, CancellationToken cancellationToken)
    {
        for (var end = known; ; end = await EndAsync(id, cancellationToken))
        {
            if (decide(end.State) is not { } step)
            {
                return end;
            }

            var batch = new EventBatch(id, end.State.Last + 1, time.GetUtcNow(), step.Events, step.After);
            var message = await broker.RetryAsync(token => WriteAsync(batch, token), cancellationToken);
            if (await broker.RetryAsync(token => PublishAsync(id, message, end.Sequence, token), cancellationToken) is { } sequence)
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

    /// <returns>The message's sequence number, or null when the log's end has moved.</returns>
    async Task<ulong?> PublishAsync(string id, byte[] message, ulong expected, CancellationToken cancellationToken)
    {
        await broker.StreamsAsync(cancellationToken);
        var acknowledged = await broker.JetStream.PublishAsync(
            Subjects.EventsOf(broker.Prefix, id),
            message,
            opts: new NatsJSPubOpts { ExpectedLastSubjectSequence = expected },
            cancellationToken: cancellationToken);
        if (acknowledged.Error?.ErrCode == WrongLastSequence)
        {
            return null;
        }

        acknowledged.EnsureSuccess();
        return acknowledged.Seq;
    }
}

/// <summary>The events that a writer appends.</summary>
/// <param name="After">The prediction's state after them.</param>
sealed record Step(IReadOnlyList<PredictionEvent> Events, LogState After)
{
    public static Step Of(LogState before, params IReadOnlyList<PredictionEvent> events) => new(events, before.Append(events));
}
