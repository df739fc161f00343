using LoraHub.Core.Predictions;

namespace LoraHub.Api.Predictions;

/// <summary>Cancels predictions whose time has run out.</summary>
sealed partial class PredictionDeadlines(
    IPredictionEvents events, IPredictionQueue queue, TimeProvider time, ILogger<PredictionDeadlines> logger)
    : IPredictionFollower, IAsyncDisposable
{
    readonly CancellationTokenSource _stopping = new();
    readonly FollowerTasks _watches = new();

    /// <summary>Watches the prediction until it has ended, if it has a deadline.</summary>
    public void Follow(Prediction created)
    {
        if (created.Deadline is { } deadline)
        {
            _watches.Start(() => WatchAsync(created.Id, deadline));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _watches.WhenAllAsync();
        _stopping.Dispose();
    }

    async Task WatchAsync(string id, DateTimeOffset deadline)
    {
        try
        {
            var left = deadline - time.GetUtcNow();
            using var due = new CancellationTokenSource(left > TimeSpan.Zero ? left : TimeSpan.Zero, time);
            if (!await HasEndedAsync(id, due.Token))
            {
                LogDue(id);
                await queue.CancelAsync(id, _stopping.Token);
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The service is stopping.
        }
        catch (Exception exception)
        {
            LogLost(id, exception);
        }
    }

    /// <returns>False when the time ran out first.</returns>
    async Task<bool> HasEndedAsync(string id, CancellationToken due)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(due, _stopping.Token);
        try
        {
            await foreach (var _ in events.ReadAsync(id, after: 0, either.Token))
            {
                // Only the end matters.
            }

            return true;
        }
        catch (OperationCanceledException) when (due.IsCancellationRequested)
        {
            return false;
        }
    }

    [LoggerMessage(LogLevel.Information, "Prediction {PredictionId} was not done by its deadline and is canceled.")]
    partial void LogDue(string predictionId);

    [LoggerMessage(LogLevel.Error, "The deadline of prediction {PredictionId} is no longer watched.")]
    partial void LogLost(string predictionId, Exception exception);
}
