using LoraHub.Core;
using LoraHub.Core.Threading;
using LoraHub.Modules.Folders;
using LoraHub.Storage.Embedded;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace LoraHub.Storage;

/// <summary>
/// Deletes temporary files of killed processes from the data folder, at the start and every ten minutes. It deletes a file only when it is both a day
/// old, since other processes may use the folder, and older than this process, since a prediction may run for days.
/// </summary>
sealed partial class TemporaryFileSweep(
    IOptions<DataOptions> data, Leftovers modules, StoredFiles moduleFiles, TimeProvider time, ILogger<TemporaryFileSweep> logger) : BackgroundService
{
    static readonly TimeSpan Interval = TimeSpan.FromMinutes(10), Age = TimeSpan.FromDays(1);

    readonly DateTimeOffset _start = time.GetUtcNow();

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Periodic.RunAsync(Interval, time, SweepAsync, LogNotSwept, firstAtOnce: true, stoppingToken);

    Task SweepAsync(CancellationToken cancellationToken)
    {
        Sweep(Path.Combine(data.Value.Path, "tmp"));
        Sweep(Path.Combine(data.Value.Path, "blobs", "incoming"));
        Sweep(Path.Combine(data.Value.Path, "uploads", "incoming"));
        Sweep(FileCheckpoints.IncomingOf(data.Value));
        Sweep(Path.Combine(FileCheckpoints.FolderOf(data.Value), FileCheckpoints.Terminal));
        SweepModules();
        return Task.CompletedTask;
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
            // Its owner has already deleted it.
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            LogNotSwept(exception);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Could not delete temporary files of an earlier process from the data folder.")]
    partial void LogNotSwept(Exception exception);
}
