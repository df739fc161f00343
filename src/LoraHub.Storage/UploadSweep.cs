using LoraHub.Core;
using LoraHub.Core.Uploads;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LoraHub.Storage;

/// <summary>Deletes expired uploads although nobody asks for anything: at the start, and every ten minutes.</summary>
sealed partial class UploadSweep(IUploadStore uploads, TimeProvider time, ILogger<UploadSweep> logger) : BackgroundService
{
    static readonly TimeSpan Interval = TimeSpan.FromMinutes(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield(); // the service need not wait for the folder to be read
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            try
            {
                await uploads.SweepAsync(stoppingToken);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or StorageUnavailableException)
            {
                LogNotSwept(exception);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(LogLevel.Warning, "Expired files could not be deleted.")]
    partial void LogNotSwept(Exception exception);
}
