using System.Collections.Concurrent;
using LoraHub.Core;
using LoraHub.Core.Threading;
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
    IReadOnlyDictionary<string, string> _kept = new Dictionary<string, string>(); // the stamps of what the library keeps
    volatile bool _hasCompared, _hasCompleted;

    /// <summary>Returns when the index has the module as its folder is now, or no longer has it.</summary>
    /// <exception cref="StorageUnavailableException">It cannot be indexed now; it will be.</exception>
    public async Task RefreshAsync(string id, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            var current = library.Find(new ModuleReference(id, null));
            library.Keep(id, current);
            if (current is { } folder)
            {
                await IndexAsync(folder, ModuleLibrary.StampOf(folder), cancellationToken);
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

    /// <summary>
    /// As <see cref="RefreshAsync(string, CancellationToken)"/>, when the index may have another version than the folder whose stamp was seen.
    /// </summary>
    public Task ReindexAsync(string id)
    {
        _seen.TryRemove(id, out _);
        return RefreshAsync(id, CancellationToken.None);
    }

    /// <summary>Returns when all folders have been looked at once since the start.</summary>
    public Task CompletedAsync(CancellationToken cancellationToken) => _hasCompleted ? Task.CompletedTask : RefreshAsync(cancellationToken);

    /// <summary>Returns when the index is as the folders were at the call. What stops one module stops no other.</summary>
    /// <inheritdoc cref="RefreshAsync(string, CancellationToken)"/>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        var folders = library.Stamps();
        if (folders.Count != _kept.Count || folders.Any(folder => _kept.GetValueOrDefault(folder.Key) != folder.Value) || !library.IsKept)
        {
            library.Keep();
            _kept = folders;
        }

        if (!_hasCompared)
        {
            await CompareAsync(folders, cancellationToken);
        }

        foreach (var id in folders.Where(folder => _seen.GetValueOrDefault(folder.Key) != folder.Value)
            .Select(folder => folder.Key).Concat(_seen.Keys.Except(folders.Keys)))
        {
            try
            {
                await RefreshAsync(id, cancellationToken);
            }
            catch (Exception exception) when (!IsOfAll(exception))
            {
                LogRefused(id, exception.GetType());
                _seen[id] = folders.GetValueOrDefault(id) ?? "";
            }
        }

        _hasCompleted = true;
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

    async Task IndexAsync(ModuleVersion folder, string stamp, CancellationToken cancellationToken)
    {
        if (_seen.GetValueOrDefault(folder.Id) == stamp)
        {
            return;
        }

        var version = folder.IsRecorded ? folder : await MeasureAsync(folder, cancellationToken);
        try
        {
            await IndexEarlierAsync(folder.Id, cancellationToken);
            await index.PutAsync(version, cancellationToken);
        }
        catch (Exception exception) when (!IsOfAll(exception))
        {
            // The database refuses something of this one. If it refuses the bare name too, the reason is not this module's, and is passed on.
            LogRefused(folder.Id, exception.GetType());
            version = Failed(folder, exception, await FirstSeenAsync(folder.Id, cancellationToken));
            await index.PutAsync(version, cancellationToken);
        }

        LogIndexed(folder.Id, version.Digest);
        _seen[folder.Id] = stamp;
    }

    /// <summary>
    /// Measures a folder that someone made by hand, unless the index has its digest. Whatever fails is its defect: it is not read again until it
    /// changes.
    /// </summary>
    async Task<ModuleVersion> MeasureAsync(ModuleVersion folder, CancellationToken cancellationToken)
    {
        var defect = folder.Defect;
        try
        {
            if (defect is null && await OwnThread.RunAsync(() => library.ReadDigest(folder), cancellationToken) is { } digest)
            {
                var known = await index.FindAsync(new ModuleReference(folder.Id, digest), cancellationToken);
                var report = known?.Report ?? await OwnThread.RunAsync(() => inspector.Inspect(folder.Folder, cancellationToken), cancellationToken);
                return folder with { Digest = digest, Report = report, PublishedAt = known?.PublishedAt ?? time.GetUtcNow() };
            }
        }
        catch (ModuleRefusedException refusal)
        {
            defect = refusal.Message;
        }
        catch (Exception exception) when (!IsOfAll(exception))
        {
            LogUnreadable(folder.Id, exception.GetType());
            return Failed(folder, exception, await FirstSeenAsync(folder.Id, cancellationToken));
        }

        return folder with { Defect = defect ?? "it is not complete.", PublishedAt = await FirstSeenAsync(folder.Id, cancellationToken) };
    }

    /// <summary>
    /// A version without anything that a module's files say. One that the system would not let be read is read again at the next start.
    /// </summary>
    static ModuleVersion Failed(ModuleVersion folder, Exception exception, DateTimeOffset publishedAt) => new()
    {
        Id = folder.Id,
        Folder = folder.Folder,
        Stamp = exception is IOException or UnauthorizedAccessException ? "" : folder.Stamp,
        IsOwned = folder.IsOwned,
        Size = folder.Size,
        Defect = $"it cannot be inspected ({exception.GetType().Name}).",
        PublishedAt = publishedAt,
    };

    /// <summary>Whether it concerns every module: the service stops, or the storage is away.</summary>
    static bool IsOfAll(Exception exception) => exception is OperationCanceledException or StorageUnavailableException;

    async Task<DateTimeOffset> FirstSeenAsync(string id, CancellationToken cancellationToken) =>
        (await index.FindAsync(new ModuleReference(id, null), cancellationToken))?.PublishedAt ?? time.GetUtcNow();

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

    [LoggerMessage(LogLevel.Warning, "Could not inspect module {Module} ({ExceptionType}); it is not used until its files change.")]
    partial void LogUnreadable(string module, Type exceptionType);

    [LoggerMessage(LogLevel.Warning, "Could not index module {Module} ({ExceptionType}); it is not used until its files change.")]
    partial void LogRefused(string module, Type exceptionType);

    [LoggerMessage(LogLevel.Warning, "Could not update the index of modules ({ExceptionType}); retrying.")]
    partial void LogLater(Type exceptionType);
}
