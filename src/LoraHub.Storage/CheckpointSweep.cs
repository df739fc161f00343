using LoraHub.Core.Predictions;
using LoraHub.Core.Threading;
using LoraHub.Core.Trainings;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LoraHub.Storage;

/// <summary>
/// Deletes checkpoints of trainings that have ended or do not exist, at the start and every hour. Workers delete theirs; this deletes what a lost or
/// late worker leaves.
/// </summary>
sealed partial class CheckpointSweep(
    ITrainingCheckpoints checkpoints, IDataRetention retention, TimeProvider time, ILogger<CheckpointSweep> logger) : BackgroundService
{
    const int AtOnce = 500;

    static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Periodic.RunAsync(Interval, time, SweepAsync, LogNotSwept, firstAtOnce: true, stoppingToken);

    async Task SweepAsync(CancellationToken cancellationToken)
    {
        var count = 0;
        // Listed before the records are read: what is listed belongs to a training that they have, or never will.
        foreach (var ids in (await checkpoints.ListAsync(cancellationToken)).Chunk(AtOnce))
        {
            var open = await retention.OpenAmongAsync(ids, cancellationToken);
            foreach (var id in ids.Where(id => !open.Contains(id)))
            {
                await checkpoints.DeleteAsync(id, cancellationToken);
                count++;
            }
        }

        if (count > 0)
        {
            LogSwept(count);
        }
    }

    // Without the exception's message, since a database error may quote stored data.
    void LogNotSwept(Exception exception) => LogNotSwept(exception.GetType(), exception.StackTrace);

    [LoggerMessage(LogLevel.Information, "Deleted {Count} checkpoints of trainings that have ended.")]
    partial void LogSwept(int count);

    [LoggerMessage(LogLevel.Warning, "Could not delete checkpoints of trainings that have ended; retrying in an hour: {ExceptionType}\n{StackTrace}")]
    partial void LogNotSwept(Type exceptionType, string? stackTrace);
}
