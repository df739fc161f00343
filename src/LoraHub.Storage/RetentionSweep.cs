using LoraHub.Core;
using LoraHub.Core.Predictions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace LoraHub.Storage;

/// <summary>Removes what is no longer to be kept of finished predictions, then the files that nothing names: at the start, and every ten minutes.</summary>
sealed partial class RetentionSweep(
    IDataRetention retention, BlobCollection blobs, IOptions<RetentionOptions> options, TimeProvider time, ILogger<RetentionSweep> logger) : BackgroundService
{
    static readonly TimeSpan Interval = TimeSpan.FromMinutes(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield(); // the service need not wait for it
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            await TryAsync(RemoveAsync, stoppingToken);
            await TryAsync(CollectAsync, stoppingToken); // also when nothing could be removed: on a full disk this makes room
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    async Task RemoveAsync(CancellationToken cancellationToken)
    {
        (DataParts Parts, TimeSpan? KeepFor)[] kept =
            [(DataParts.Inputs, options.Value.Inputs), (DataParts.Logs, options.Value.Logs), (DataParts.Results, options.Value.Results)];
        foreach (var (parts, keepFor) in kept)
        {
            if (keepFor is { } age && await retention.RemoveAsync(parts, time.GetUtcNow() - age, cancellationToken) is > 0 and var count)
            {
                LogRemoved(parts, count);
            }
        }
    }

    async Task CollectAsync(CancellationToken cancellationToken)
    {
        if (await blobs.CollectAsync(cancellationToken) is > 0 and var count)
        {
            LogCollected(count);
        }
    }

    async Task TryAsync(Func<CancellationToken, Task> sweep, CancellationToken stopping)
    {
        try
        {
            await sweep(stopping);
        }
        catch (Exception exception) when (!stopping.IsCancellationRequested)
        {
            // Without its message: a database's may quote what it stores.
            LogNotSwept(exception.GetType(), exception.StackTrace);
        }
    }

    [LoggerMessage(LogLevel.Information, "{Parts} of {Count} predictions were removed: they were kept for as long as the settings say.")]
    partial void LogRemoved(DataParts parts, int count);

    [LoggerMessage(LogLevel.Information, "{Count} result files that no prediction names were deleted.")]
    partial void LogCollected(int count);

    [LoggerMessage(LogLevel.Warning, "What is no longer to be kept could not be removed; it is tried again in ten minutes: {ExceptionType}\n{StackTrace}")]
    partial void LogNotSwept(Type exceptionType, string? stackTrace);
}
