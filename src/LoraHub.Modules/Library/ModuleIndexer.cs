using System.Collections.Concurrent;
using LoraHub.Core;
using LoraHub.Core.Threading;
using LoraHub.Modules.Folders;
using LoraHub.Modules.Inspection;
using LoraHub.Modules.Versions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LoraHub.Modules.Library;

/// <summary>
/// Keeps the index as the folders are: looks at the folders' stamps at start and every few seconds, and reads what has come or changed. Where several processes
/// have folders of their own, each compares its own with what it has indexed itself since its start, so that none indexes what another just did.
/// </summary>
sealed partial class ModuleIndexer(
    ModuleLibrary library, IModuleIndex index, ModuleInspector inspector, IModuleExchange exchange, ILogger<ModuleIndexer> logger, TimeProvider time)
    : BackgroundService
{
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    readonly SemaphoreSlim _turn = new(1); // one folder at a time: a caller waits for one other at most
    readonly ConcurrentDictionary<string, string> _seen = new(StringComparer.Ordinal); // stamps that are known to be indexed
    volatile bool _hasCompared;

    /// <summary>Returns when the index has the module as its folder is now, or no longer has it.</summary>
    /// <exception cref="StorageUnavailableException">It cannot be indexed now; it will be.</exception>
    public async Task RefreshAsync(string id, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (library.Find(new ModuleReference(id, null)) is { } folder)
            {
                await IndexAsync(folder, cancellationToken);
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

    /// <summary>Returns when the index is as the folders were at the call. One that cannot be read now is left for the next time.</summary>
    /// <inheritdoc cref="RefreshAsync(string, CancellationToken)"/>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        var folders = library.Stamps();
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

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Periodic.RunAsync(Interval, time, RefreshAsync, exception => LogLater(exception.GetType()), firstAtOnce: true, stoppingToken);

    /// <summary>The first look: what was indexed before this start, and has not changed since, is not read.</summary>
    async Task CompareAsync(IReadOnlyDictionary<string, string> folders, CancellationToken cancellationToken)
    {
        foreach (var (id, stamp) in await index.StampsAsync(cancellationToken))
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

    async Task IndexAsync(ModuleVersion folder, CancellationToken cancellationToken)
    {
        if (_seen.GetValueOrDefault(folder.Id) == folder.Stamp)
        {
            return;
        }

        var version = folder.IsRecorded ? folder : await MeasureAsync(folder, cancellationToken);
        await IndexEarlierAsync(folder.Id, cancellationToken);
        await index.PutAsync(version, cancellationToken);
        LogIndexed(folder.Id, version.Digest);
        _seen[folder.Id] = folder.Stamp;
    }

    /// <summary>Measures a folder that someone made by hand, unless the index has its digest.</summary>
    async Task<ModuleVersion> MeasureAsync(ModuleVersion folder, CancellationToken cancellationToken)
    {
        try
        {
            if (folder.Defect is null && await OwnThread.RunAsync(() => VersionFolder.Digest(folder.Folder), cancellationToken) is { } digest)
            {
                var known = await index.FindAsync(new ModuleReference(folder.Id, digest), cancellationToken);
                var report = known?.Report ?? await OwnThread.RunAsync(() => inspector.Inspect(folder.Folder, cancellationToken), cancellationToken);
                return folder with { Digest = digest, Report = report, PublishedAt = known?.PublishedAt ?? time.GetUtcNow() };
            }
        }
        catch (ModuleRefusedException refusal)
        {
            folder = folder with { Defect = refusal.Message };
        }

        var before = await index.FindAsync(new ModuleReference(folder.Id, null), cancellationToken);
        return folder with { Defect = folder.Defect ?? "it is not complete.", PublishedAt = before?.PublishedAt ?? time.GetUtcNow() };
    }

    /// <summary>A name that the index lacks may have had earlier versions: when the database was lost, the folders still have them. The last one put is the current one.</summary>
    async Task IndexEarlierAsync(string id, CancellationToken cancellationToken)
    {
        if (_seen.ContainsKey(id) || (await index.VersionsAsync(id, cancellationToken)).Count > 0)
        {
            return;
        }

        foreach (var version in library.EarlierVersions(id).Where(version => version.IsRecorded))
        {
            await index.PutAsync(version with { Stamp = "" }, cancellationToken);
        }
    }

    /// <summary>Where processes share their modules, one that is not here may be another's, or on its way.</summary>
    async Task ForgetAsync(string id, CancellationToken cancellationToken)
    {
        _seen.TryRemove(id, out _);
        if (!exchange.IsPublished(id))
        {
            await index.RemoveAsync(id, cancellationToken);
            LogForgotten(id);
        }
    }

    [LoggerMessage(LogLevel.Debug, "Module {Module} was indexed: version {Digest}.")]
    partial void LogIndexed(string module, string? digest);

    [LoggerMessage(LogLevel.Debug, "Module {Module} was removed from the index: its folder is gone.")]
    partial void LogForgotten(string module);

    [LoggerMessage(LogLevel.Warning, "Could not read module {Module} ({ExceptionType}); retrying.")]
    partial void LogSkipped(string module, Type exceptionType);

    [LoggerMessage(LogLevel.Warning, "Could not update the index of modules ({ExceptionType}); retrying.")]
    partial void LogLater(Type exceptionType);
}
