using System.Text.Json;
using LoraHub.Core.Threading;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;

namespace LoraHub.Storage.Distributed;

/// <summary>
/// Removes ended and recorded predictions from the event log after a day, when no late writer can still append to them. A prediction that is still
/// queued leaves the queue first: without its log, a worker would take it for a new one.
/// </summary>
sealed partial class LogCleaning(Broker broker, EventLog log, WorkQueue queue, TimeProvider time, ILogger<LogCleaning> logger) : BackgroundService
{
    static readonly TimeSpan Interval = TimeSpan.FromMinutes(10), KeepFor = TimeSpan.FromDays(1);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Periodic.RunAsync(Interval, TimeProvider.System, CleanAsync, exception => LogFailure(exception.GetType()), firstAtOnce: false, stoppingToken);

    /// <summary>
    /// Scans the log from its start to the first younger message. What it takes out of the queue leaves the log at the next cleaning.
    /// </summary>
    public async Task CleanAsync(CancellationToken cancellationToken)
    {
        var streams = await broker.StreamsAsync(cancellationToken);
        var events = streams.Events;
        var recorded = await RecordedPosition.FindAsync(streams, cancellationToken);
        var limit = time.GetUtcNow() - KeepFor;
        for (ulong next = 1; await NextAsync(events, next, cancellationToken) is { } batch && batch.At <= limit; next = batch.Sequence + 1)
        {
            var end = await log.FindEndAsync(batch.Id, cancellationToken);
            if (end.State.IsTerminal && end.Sequence <= recorded && !await queue.WithdrawAsync(batch.Id, cancellationToken))
            {
                await events.DeleteAllAsync(Subjects.EventsOf(broker.Prefix, batch.Id), cancellationToken);
            }
        }
    }

    async Task<(string Id, DateTimeOffset At, ulong Sequence)?> NextAsync(INatsJSStream events, ulong from, CancellationToken cancellationToken)
    {
        if (await events.FindNextAsync(Subjects.EventsOf(broker.Prefix, "*"), from, cancellationToken) is not { } message)
        {
            return null;
        }

        return (Subjects.IdOf(message.Subject), TimeOf(message), message.Seq);
    }

    static DateTimeOffset TimeOf(StoredMessage message)
    {
        try
        {
            return StoredJson.Read<EventBatch>(message.Data.Span).At;
        }
        catch (JsonException) // the recorder reports it
        {
            return message.Time;
        }
    }

    [LoggerMessage(LogLevel.Warning, "Could not clean the event log ({ExceptionType}); retrying in 10 minutes.")]
    partial void LogFailure(Type exceptionType);
}
