using LoraHub.Core.Threading;
using LoraHub.Core.Uploads;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LoraHub.Storage;

/// <summary>Deletes expired uploads at the start and every ten minutes, even without requests.</summary>
sealed partial class UploadSweep(IUploadStore uploads, TimeProvider time, ILogger<UploadSweep> logger) : BackgroundService
{
    static readonly TimeSpan Interval = TimeSpan.FromMinutes(10);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Periodic.RunAsync(Interval, time, uploads.SweepAsync, LogNotSwept, firstAtOnce: true, stoppingToken);

    [LoggerMessage(LogLevel.Warning, "Could not delete expired uploads.")]
    partial void LogNotSwept(Exception exception);
}
