using LoraHub.Core;
using LoraHub.Storage.Modules;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace LoraHub.Storage;

/// <summary>
/// Deletes what killed processes left half done in the data folder: at the start, and every ten minutes. It is theirs when it is a day old, for others may be
/// at work in the folder, and older than this process, for a prediction may run for days.
/// </summary>
sealed partial class LeftoverSweep(IOptions<DataOptions> data, Leftovers modules, StoredFiles moduleFiles, TimeProvider time, ILogger<LeftoverSweep> logger) : BackgroundService
{
    static readonly TimeSpan Interval = TimeSpan.FromMinutes(10), Age = TimeSpan.FromDays(1);

    readonly DateTimeOffset _start = time.GetUtcNow();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield(); // the service need not wait for the folders to be read
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            Sweep(Path.Combine(data.Value.Path, "tmp"));
            Sweep(Path.Combine(data.Value.Path, "blobs", "incoming"));
            SweepModules();
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    void Sweep(string folder)
    {
        var aDayAgo = time.GetUtcNow() - Age;
        var before = (aDayAgo < _start ? aDayAgo : _start).UtcDateTime;
        try
        {
            foreach (var left in Directory.Exists(folder) ? new DirectoryInfo(folder).GetFileSystemInfos() : [])
            {
                if (left.LastWriteTimeUtc < before)
                {
                    Delete(left);
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            LogNotSwept(exception);
        }
    }

    void SweepModules()
    {
        try
        {
            modules.Delete();
            moduleFiles.ForgetUnused();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            LogNotSwept(exception);
        }
    }

    void Delete(FileSystemInfo left)
    {
        try
        {
            if (left is DirectoryInfo folder)
            {
                folder.Delete(recursive: true);
            }
            else
            {
                left.Delete();
            }
        }
        catch (DirectoryNotFoundException)
        {
            // Its owner was faster.
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            LogNotSwept(exception);
        }
    }

    [LoggerMessage(LogLevel.Warning, "What an earlier process left in the data folder could not be deleted.")]
    partial void LogNotSwept(Exception exception);
}
