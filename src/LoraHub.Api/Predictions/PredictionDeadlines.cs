using LoraHub.Core.Predictions;
using LoraHub.Core.Threading;

namespace LoraHub.Api.Predictions;

/// <summary>Cancels predictions past their deadline, including those that other processes created.</summary>
sealed partial class PredictionDeadlines(
    IPredictionUpkeep upkeep, IPredictionQueue queue, TimeProvider time, ILogger<PredictionDeadlines> logger) : BackgroundService
{
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(0.5);

    bool _failed;

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Periodic.RunAsync(Interval, time, CancelOverdueAsync, LogFirstFailure, firstAtOnce: false, stoppingToken);

    async Task CancelOverdueAsync(CancellationToken cancellationToken)
    {
        foreach (var id in await upkeep.OverdueAsync(time.GetUtcNow(), cancellationToken))
        {
            LogOverdue(id);
            await queue.CancelAsync(id, cancellationToken);
        }

        _failed = false;
    }

    /// <summary>Logs only the first of consecutive failures, since this runs twice a second.</summary>
    void LogFirstFailure(Exception exception)
    {
        if (!_failed)
        {
            LogLookupFailed(exception.GetType());
        }

        _failed = true;
    }

    [LoggerMessage(LogLevel.Information, "Canceling prediction {PredictionId}, which is past its deadline.")]
    partial void LogOverdue(string predictionId);

    [LoggerMessage(LogLevel.Warning, "Could not look up predictions past their deadline ({ExceptionType}); retrying.")]
    partial void LogLookupFailed(Type exceptionType);
}
