using LoraHub.Core;
using LoraHub.Core.Predictions;
using LoraHub.Storage.Records;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NATS.Client.Core;

namespace LoraHub.Storage.Distributed;

/// <summary>Puts into the queue what is stored: at once if NATS is there, else as soon as it is.</summary>
sealed partial class Outbox(WorkQueue queue, Broker broker, IRecordWriter writer, IDbContextFactory<RecordsContext> contexts, ILogger<Outbox> logger) : BackgroundService
{
    const int AtOnce = 100;

    static readonly TimeSpan Interval = TimeSpan.FromSeconds(1), SendWithin = TimeSpan.FromSeconds(2);

    /// <summary>Tries once, and not for long: what fails is tried again by and by.</summary>
    public async Task SendAsync(Prediction prediction, CancellationToken cancellationToken)
    {
        if (broker.Connection.ConnectionState != NatsConnectionState.Open)
        {
            return;
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(SendWithin);
        try
        {
            await EnqueueAsync(prediction, limit.Token);
        }
        catch (Exception exception) when (Broker.IsTrouble(exception) || exception is StorageUnavailableException)
        {
            LogNotSent(prediction.Id);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await SweepAsync(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                LogNotSwept(exception.GetType()); // the next time is soon
            }
        }
    }

    async Task SweepAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<PredictionRow> left;
        await using (var records = await contexts.CreateDbContextAsync(cancellationToken))
        {
            left = await records.Predictions.AsNoTracking()
                .Where(row => row.CompletedAt == null && !row.Enqueued)
                .OrderBy(row => row.Arrival).Take(AtOnce).ToListAsync(cancellationToken);
        }

        foreach (var row in left)
        {
            await EnqueueAsync(row.ToCreated(), cancellationToken);
        }
    }

    async Task EnqueueAsync(Prediction prediction, CancellationToken cancellationToken)
    {
        await queue.PublishAsync(prediction, cancellationToken);
        await writer.WriteAsync(
            async records =>
            {
                // A power cut may take this back: then it is put into the queue again, which is no matter.
                await records.Database.ExecuteSqlAsync($"SET LOCAL synchronous_commit TO OFF", cancellationToken);
                return await records.Predictions.Where(row => row.Id == prediction.Id)
                    .ExecuteUpdateAsync(set => set.SetProperty(row => row.Enqueued, true), cancellationToken);
            },
            cancellationToken);
    }

    [LoggerMessage(LogLevel.Warning, "Prediction {PredictionId} could not be put into the queue at once; it is tried again every second.")]
    partial void LogNotSent(string predictionId);

    [LoggerMessage(LogLevel.Debug, "Stored predictions could not be put into the queue now: {ExceptionType}")]
    partial void LogNotSwept(Type exceptionType);
}
