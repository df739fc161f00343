using LoraHub.Core.Predictions;

namespace LoraHub.Api.Predictions;

/// <summary>Cancels predictions whose time has run out, whichever process took them in.</summary>
sealed partial class PredictionDeadlines(
    IPredictionUpkeep upkeep, IPredictionQueue queue, TimeProvider time, ILogger<PredictionDeadlines> logger) : BackgroundService
{
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(0.5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var isAway = false;
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await CancelOverdueAsync(stoppingToken);
                isAway = false;
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                if (!isAway) // the next look finds them; one line is enough until then
                {
                    LogNotLooked(exception.GetType());
                }

                isAway = true;
            }
        }
    }

    async Task CancelOverdueAsync(CancellationToken cancellationToken)
    {
        foreach (var id in await upkeep.OverdueAsync(time.GetUtcNow(), cancellationToken))
        {
            LogDue(id);
            await queue.CancelAsync(id, cancellationToken);
        }
    }

    [LoggerMessage(LogLevel.Information, "Prediction {PredictionId} was not done by its deadline and is canceled.")]
    partial void LogDue(string predictionId);

    [LoggerMessage(LogLevel.Warning, "Predictions past their deadline cannot be looked up now: {ExceptionType}. It is tried again until they can.")]
    partial void LogNotLooked(Type exceptionType);
}
