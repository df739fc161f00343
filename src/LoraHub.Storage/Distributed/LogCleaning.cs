using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;

namespace LoraHub.Storage.Distributed;

/// <summary>Removes from the event log what has ended and is in the records, a day later: by then nobody can come too late.</summary>
sealed partial class LogCleaning(Broker broker, EventLog log, TimeProvider time, ILogger<LogCleaning> logger) : BackgroundService
{
    static readonly TimeSpan Interval = TimeSpan.FromMinutes(10), KeepFor = TimeSpan.FromDays(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await CleanAsync(stoppingToken);
            }
            catch (Exception exception) when (Broker.IsTrouble(exception) && !stoppingToken.IsCancellationRequested)
            {
                LogTrouble(exception.GetType());
            }
        }
    }

    /// <summary>Goes through the log from its start to what is younger.</summary>
    public async Task CleanAsync(CancellationToken cancellationToken)
    {
        var streams = await broker.StreamsAsync(cancellationToken);
        var events = streams.Events;
        var recorded = await RecordedPosition.FindAsync(streams, cancellationToken);
        for (ulong next = 1; await NextAsync(events, next, cancellationToken) is { } batch && batch.At <= time.GetUtcNow() - KeepFor; next = batch.Sequence + 1)
        {
            var end = await log.FindEndAsync(batch.Id, cancellationToken);
            if (end.State.IsTerminal && end.Sequence <= recorded)
            {
                await events.PurgeAsync(new StreamPurgeRequest { Filter = Subjects.EventsOf(broker.Prefix, batch.Id) }, cancellationToken);
            }
        }
    }

    async Task<(string Id, DateTimeOffset At, ulong Sequence)?> NextAsync(INatsJSStream events, ulong from, CancellationToken cancellationToken)
    {
        if (await events.FindNextAsync(Subjects.EventsOf(broker.Prefix, "*"), from, cancellationToken) is not { } message)
        {
            return null;
        }

        var batch = StoredJson.Read<EventBatch>(message.Data.Span);
        return (batch.Id, batch.At, message.Seq);
    }

    [LoggerMessage(LogLevel.Warning, "The event log could not be cleaned; it is tried again in ten minutes: {ExceptionType}")]
    partial void LogTrouble(Type exceptionType);
}
