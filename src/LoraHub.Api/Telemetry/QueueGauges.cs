using LoraHub.Core.Predictions;
using LoraHub.Core.Telemetry;

namespace LoraHub.Api.Telemetry;

/// <summary>Measures the queue every few seconds, where this process can; what was measured last stands until then.</summary>
sealed partial class QueueGauges(IServiceProvider services, TimeProvider time, ILogger<QueueGauges> logger) : BackgroundService
{
    static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    bool _failed;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (services.GetService<IPredictionUpkeep>() is not { } upkeep)
        {
            return; // a worker that does not see the records
        }

        while (!stoppingToken.IsCancellationRequested)
        {
            await MeasureAsync(upkeep, stoppingToken);
            await Task.Delay(Pause, time, stoppingToken);
        }
    }

    async Task MeasureAsync(IPredictionUpkeep upkeep, CancellationToken stopping)
    {
        try
        {
            var queue = await upkeep.MeasureAsync(stopping);
            Instruments.QueueWaiting.Record(queue.Waiting);
            Instruments.QueueRunning.Record(queue.Running);
            Instruments.QueueOldestAge.Record(queue.OldestWaiting is { } oldest ? Math.Max(0, (time.GetUtcNow() - oldest).TotalSeconds) : 0);
            _failed = false;
        }
        catch (Exception exception) when (!stopping.IsCancellationRequested)
        {
            if (!_failed) // once, until it goes again
            {
                LogFailed(exception.GetType());
            }

            _failed = true;
        }
    }

    [LoggerMessage(LogLevel.Warning, "The queue could not be measured: {ExceptionType}. It is tried again.")]
    partial void LogFailed(Type exceptionType);
}
