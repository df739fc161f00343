using System.Collections.Concurrent;
using LoraHub.Core;
using LoraHub.Core.Modules;

namespace LoraHub.Api.Modules;

/// <summary>
/// Keeps the registry as the folders are: looks at the folders' stamps at start and every few seconds, and reads what has come or changed. Where several processes
/// have folders of their own, each compares its own with what it has registered itself since its start, so that none registers what another just did.
/// </summary>
sealed partial class ModuleIndexing(
    IModuleCatalog catalog, IModuleRegistry registry, FolderReading reading, ILogger<ModuleIndexing> logger, TimeProvider time, IModuleSource? source = null)
    : BackgroundService
{
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    readonly SemaphoreSlim _turn = new(1); // one folder at a time: whoever wants one registered now waits for one other at most
    readonly ConcurrentDictionary<string, string> _seen = new(StringComparer.Ordinal); // stamps that are known to be registered
    volatile bool _hasCompared;

    /// <summary>Returns when the registry has the module as its folder is now, or has it no more.</summary>
    /// <exception cref="StorageUnavailableException">It cannot be registered now; it will be.</exception>
    public async Task RefreshAsync(string id, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (catalog.Find(new ModuleReference(id, null)) is { } folder)
            {
                await RegisterAsync(folder, cancellationToken);
            }
            else
            {
                await ForgetAsync(id, cancellationToken);
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Returns when the registry is as the folders were at the call. One that cannot be read now is left for the next time.</summary>
    /// <inheritdoc cref="RefreshAsync(string, CancellationToken)"/>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        var folders = catalog.Stamps();
        if (!_hasCompared)
        {
            await CompareAsync(folders, cancellationToken);
        }

        foreach (var id in folders.Where(folder => _seen.GetValueOrDefault(folder.Key) != folder.Value).Select(folder => folder.Key).Concat(_seen.Keys.Except(folders.Keys)))
        {
            try
            {
                await RefreshAsync(id, cancellationToken);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                LogSkipped(id, exception.GetType());
            }
        }
    }

    public override void Dispose()
    {
        base.Dispose();
        _turn.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield(); // start-up waits for none of it
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            try
            {
                await RefreshAsync(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                LogLater(exception.GetType());
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    /// <summary>The first look: what was registered before this start, and has not changed since, is not read.</summary>
    async Task CompareAsync(IReadOnlyDictionary<string, string> folders, CancellationToken cancellationToken)
    {
        foreach (var (id, stamp) in await registry.StampsAsync(cancellationToken))
        {
            if (folders.GetValueOrDefault(id) is not { } now)
            {
                await RefreshAsync(id, cancellationToken);
            }
            else if (now == stamp)
            {
                _seen.TryAdd(id, stamp);
            }
        }

        _hasCompared = true;
    }

    async Task RegisterAsync(ModuleInfo folder, CancellationToken cancellationToken)
    {
        if (_seen.GetValueOrDefault(folder.Id) == folder.Stamp)
        {
            return;
        }

        if (await reading.ReadAsync(folder, cancellationToken) is { } read)
        {
            await RegisterEarlierAsync(folder.Id, cancellationToken);
            await registry.PutAsync(read, cancellationToken);
            LogRegistered(folder.Id, read.Digest);
        }

        _seen[folder.Id] = folder.Stamp;
    }

    /// <summary>A name that the registry lacks may have had earlier versions: when the database was lost, the folders still have them. Whichever is put last is the current one.</summary>
    async Task RegisterEarlierAsync(string id, CancellationToken cancellationToken)
    {
        if (_seen.ContainsKey(id) || (await registry.VersionsAsync(id, cancellationToken)).Count > 0)
        {
            return;
        }

        foreach (var version in catalog.EarlierVersions(id))
        {
            await registry.PutAsync(FolderReading.Recorded(version, version.Record!) with { Stamp = "" }, cancellationToken);
        }
    }

    /// <summary>Where processes share their modules, one that is not here may be another's, or on its way.</summary>
    async Task ForgetAsync(string id, CancellationToken cancellationToken)
    {
        _seen.TryRemove(id, out _);
        if (source?.IsPublished(id) != true)
        {
            await registry.RemoveAsync(id, cancellationToken);
            LogForgotten(id);
        }
    }

    [LoggerMessage(LogLevel.Debug, "The module {Module} is registered: {Digest}")]
    partial void LogRegistered(string module, string digest);

    [LoggerMessage(LogLevel.Debug, "The module {Module} is no more registered: its folder is gone.")]
    partial void LogForgotten(string module);

    [LoggerMessage(LogLevel.Warning, "The module {Module} cannot be read now; it is tried again: {ExceptionType}")]
    partial void LogSkipped(string module, Type exceptionType);

    [LoggerMessage(LogLevel.Warning, "The registry of modules cannot be brought up to date now; it is tried again: {ExceptionType}")]
    partial void LogLater(Type exceptionType);
}
