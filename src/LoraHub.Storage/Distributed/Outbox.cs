using LoraHub.Core;
using LoraHub.Core.Predictions;
using LoraHub.Core.Threading;
using LoraHub.Storage.Records;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NATS.Client.Core;

namespace LoraHub.Storage.Distributed;

/// <summary>Enqueues stored predictions: immediately if NATS is available, otherwise as soon as it is.</summary>
sealed partial class Outbox(
    WorkQueue queue, Broker broker, IRecordWriter writer, IDbContextFactory<RecordsContext> contexts, ILogger<Outbox> logger) : BackgroundService
{
    const int AtOnce = 100;

    static readonly TimeSpan Interval = TimeSpan.FromSeconds(1), SendWithin = TimeSpan.FromSeconds(2);

    /// <summary>Tries once, with a short timeout; the periodic sweep retries failures.</summary>
    /// <returns>False when NATS has no room for the prediction.</returns>
    public async Task<bool> SendAsync(CreatedPrediction created, CancellationToken cancellationToken)
    {
        if (broker.Connection.ConnectionState != NatsConnectionState.Open)
        {
            return true;
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(SendWithin);
        try
        {
            await EnqueueAsync(created, limit.Token);
        }
        catch (Exception exception) when (Broker.IsFull(exception))
        {
            return false;
        }
        catch (Exception exception) when (Broker.IsTransient(exception) || exception is StorageUnavailableException)
        {
            LogNotSent(created.Id);
        }

        return true;
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Periodic.RunAsync(
            Interval, TimeProvider.System, SweepAsync, exception => LogNotSwept(exception.GetType()), firstAtOnce: false, stoppingToken);

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

    async Task EnqueueAsync(CreatedPrediction created, CancellationToken cancellationToken)
    {
        await queue.PublishAsync(created, cancellationToken);
        var rows = await writer.WriteAsync(
            async records =>
            {
                // A power cut may undo this. Then the prediction is enqueued again, which is harmless.
                await records.Database.ExecuteSqlAsync($"SET LOCAL synchronous_commit TO OFF", cancellationToken);
                return await records.Predictions.Where(row => row.Id == created.Id)
                    .ExecuteUpdateAsync(set => set.SetProperty(row => row.Enqueued, true), cancellationToken);
            },
            cancellationToken);
        if (rows == 0)
        {
            await queue.WithdrawAsync(created.Id, cancellationToken); // another node refused its creation meanwhile, for want of room
        }
    }

    [LoggerMessage(LogLevel.Warning, "Could not enqueue prediction {PredictionId}; retrying every second.")]
    partial void LogNotSent(string predictionId);

    [LoggerMessage(LogLevel.Debug, "Could not enqueue stored predictions ({ExceptionType}); retrying.")]
    partial void LogNotSwept(Type exceptionType);
}
