using LoraHub.Core.Predictions;
using LoraHub.Core.Telemetry;
using LoraHub.Core.Threading;

namespace LoraHub.Api.Telemetry;

/// <summary>Measures the queues every five seconds, in processes with access to the records. The gauges keep their values in between.</summary>
sealed partial class QueueGauges(IServiceProvider services, TimeProvider time, ILogger<QueueGauges> logger) : BackgroundService
{
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    bool _failed;

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => services.GetService<IPredictionUpkeep>() is { } upkeep
        ? Periodic.RunAsync(Interval, time, stopping => MeasureAsync(upkeep, stopping), LogFirst, firstAtOnce: true, stoppingToken)
        : Task.CompletedTask; // a worker without access to the records

    async Task MeasureAsync(IPredictionUpkeep upkeep, CancellationToken stopping)
    {
        foreach (var kind in Enum.GetValues<PredictionKind>())
        {
            var queue = await upkeep.MeasureAsync(kind, stopping);
            var age = queue.OldestWaiting is { } oldest ? time.GetUtcNow() - oldest : TimeSpan.Zero;
            Instruments.RecordQueue(kind, queue.Waiting, queue.Running, Math.Max(0, age.TotalSeconds));
        }

        _failed = false;
    }

    /// <summary>Logs the first of consecutive failures.</summary>
    void LogFirst(Exception exception)
    {
        if (!_failed)
        {
            LogFailed(exception.GetType());
        }

        _failed = true;
    }

    [LoggerMessage(LogLevel.Warning, "Could not measure the queue ({ExceptionType}); retrying.")]
    partial void LogFailed(Type exceptionType);
}
