using LoraHub.Core.Threading;
using LoraHub.Modules.Library;
using LoraHub.Modules.Versions;

namespace LoraHub.Api.Modules;

/// <summary>
/// Counts downloads in memory and adds the sums to the index every second: no download waits for the database, and many cost one transaction. A
/// process that is killed loses its last second.
/// </summary>
sealed partial class DownloadCounts(IModuleIndex index, TimeProvider time, ILogger<DownloadCounts> logger) : BackgroundService
{
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    readonly Lock _lock = new();

    Dictionary<ModuleReference, long> _counts = [];

    /// <param name="version">With its full digest.</param>
    public void Add(ModuleReference version) => Add(version, 1);

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            await WriteAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            LogFailed(exception.GetType());
        }
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Periodic.RunAsync(
        Interval, time, WriteAsync, exception => LogFailed(exception.GetType()), firstAtOnce: false, stoppingToken);

    void Add(ModuleReference version, long count)
    {
        lock (_lock)
        {
            _counts[version] = _counts.GetValueOrDefault(version) + count;
        }
    }

    async Task WriteAsync(CancellationToken cancellationToken)
    {
        Dictionary<ModuleReference, long> counts;
        lock (_lock)
        {
            (counts, _counts) = (_counts, []);
        }

        if (counts.Count == 0)
        {
            return;
        }

        try
        {
            await index.CountDownloadsAsync(counts, cancellationToken);
        }
        catch
        {
            foreach (var (version, count) in counts)
            {
                Add(version, count);
            }

            throw;
        }
    }

    [LoggerMessage(LogLevel.Warning, "Could not record downloads of modules ({ExceptionType}); retrying.")]
    partial void LogFailed(Type exceptionType);
}
