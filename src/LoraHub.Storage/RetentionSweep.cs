using LoraHub.Core;
using LoraHub.Core.Predictions;
using LoraHub.Core.Threading;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace LoraHub.Storage;

/// <summary>
/// Removes expired data of finished predictions, then the result files that no prediction refers to, at the start and every ten minutes.
/// </summary>
sealed partial class RetentionSweep(
    IDataRetention retention, BlobCollection blobs, IOptions<RetentionOptions> options, TimeProvider time, ILogger<RetentionSweep> logger)
    : BackgroundService
{
    static readonly TimeSpan Interval = TimeSpan.FromMinutes(10);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Periodic.RunAsync(
        Interval,
        time,
        async stopping =>
        {
            await TryAsync(RemoveAsync, stopping);
            await TryAsync(CollectAsync, stopping); // even if the removal failed: on a full disk this frees space
        },
        onError: null, // each part logs its own errors
        firstAtOnce: true,
        stoppingToken);

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
            // Without the exception's message, since a database error may quote stored data.
            LogNotSwept(exception.GetType(), exception.StackTrace);
        }
    }

    [LoggerMessage(LogLevel.Information, "Removed {Parts} of {Count} predictions after their retention period.")]
    partial void LogRemoved(DataParts parts, int count);

    [LoggerMessage(LogLevel.Information, "Deleted {Count} result files that no prediction refers to.")]
    partial void LogCollected(int count);

    [LoggerMessage(LogLevel.Warning, "Could not remove expired data; retrying in ten minutes: {ExceptionType}\n{StackTrace}")]
    partial void LogNotSwept(Type exceptionType, string? stackTrace);
}
