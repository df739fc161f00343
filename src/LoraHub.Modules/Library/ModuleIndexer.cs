using System.Collections.Concurrent;
using LoraHub.Core;
using LoraHub.Core.Threading;
using LoraHub.Modules.Inspection;
using LoraHub.Modules.Versions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LoraHub.Modules.Library;

/// <summary>
/// Updates the index from the folders: compares the folders' stamps at start and every few seconds, and reads new and changed modules. Each process
/// compares its folders with what it has indexed itself since its start, so that no process indexes again what another just did.
/// </summary>
sealed partial class ModuleIndexer(
    ModuleLibrary library, IModuleIndex index, ModuleInspector inspector, IModuleExchange exchange, ILogger<ModuleIndexer> logger, TimeProvider time)
    : BackgroundService
{
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    readonly SemaphoreSlim _turn = new(1); // one folder at a time
    readonly ConcurrentDictionary<string, string> _seen = new(StringComparer.Ordinal); // the stamps of indexed folders
    IReadOnlyDictionary<string, string> _kept = new Dictionary<string, string>(); // the stamps of the folders that the library has cached
    volatile bool _hasCompared, _hasCompleted;

    /// <summary>Returns once the index matches the module's folder.</summary>
    /// <exception cref="StorageUnavailableException">The index cannot be updated now; it will be later.</exception>
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

    /// <summary>Like <see cref="RefreshAsync(string, CancellationToken)"/>, but reads the folder even if its stamp is unchanged.</summary>
    public Task ReindexAsync(string id)
    {
        _seen.TryRemove(id, out _);
        return RefreshAsync(id, CancellationToken.None);
    }

    /// <summary>Returns once all folders have been checked since the start.</summary>
    public Task CompletedAsync(CancellationToken cancellationToken) => _hasCompleted ? Task.CompletedTask : RefreshAsync(cancellationToken);

    /// <summary>Returns once the index matches the folders as of the call. A module that fails does not stop the others.</summary>
    /// <inheritdoc cref="RefreshAsync(string, CancellationToken)"/>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        library.Bases.Keep();
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
            catch (Exception exception) when (!ConcernsAll(exception))
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

    /// <summary>The first check: modules that were indexed before this start and have not changed since are not read.</summary>
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
        catch (Exception exception) when (!ConcernsAll(exception))
        {
            // The database refuses something in this version. If it refuses the bare version too, the cause is not the module, and the exception
            // passes through.
            LogRefused(folder.Id, exception.GetType());
            version = Failed(folder, exception, await FirstSeenAsync(folder.Id, cancellationToken));
            await index.PutAsync(version, cancellationToken);
        }

        LogIndexed(folder.Id, version.Digest);
        _seen[folder.Id] = stamp;
    }

    /// <summary>
    /// Inspects a folder without a record, unless the index has its digest. A failure becomes its defect; it is not read again until it changes.
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
        catch (Exception exception) when (!ConcernsAll(exception))
        {
            LogUnreadable(folder.Id, exception.GetType());
            return Failed(folder, exception, await FirstSeenAsync(folder.Id, cancellationToken));
        }

        return folder with { Defect = defect ?? "it is incomplete.", PublishedAt = await FirstSeenAsync(folder.Id, cancellationToken) };
    }

    /// <summary>A version without any content of its files. One that failed with an I/O error is read again at the next start.</summary>
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

    /// <summary>Whether the exception concerns every module: the service is stopping, or the storage is unavailable.</summary>
    static bool ConcernsAll(Exception exception) => exception is OperationCanceledException or StorageUnavailableException;

    async Task<DateTimeOffset> FirstSeenAsync(string id, CancellationToken cancellationToken) =>
        (await index.FindAsync(new ModuleReference(id, null), cancellationToken))?.PublishedAt ?? time.GetUtcNow();

    /// <summary>
    /// Indexes a module's earlier versions if the index has none of its versions: after the database was lost, the folders still have them.
    /// </summary>
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

    /// <summary>Removes a module from the index, unless another process shares it and its files just have not arrived yet.</summary>
    async Task ForgetAsync(string id, CancellationToken cancellationToken)
    {
        _seen.TryRemove(id, out _);
        if (!exchange.IsPublished(id))
        {
            await index.RemoveAsync(id, cancellationToken);
            LogForgotten(id);
        }
    }

    [LoggerMessage(LogLevel.Debug, "Indexed module {Module}, version {Digest}.")]
    partial void LogIndexed(string module, string? digest);

    [LoggerMessage(LogLevel.Debug, "Removed module {Module} from the index; its folder was deleted.")]
    partial void LogForgotten(string module);

    [LoggerMessage(LogLevel.Warning, "Could not inspect module {Module} ({ExceptionType}); ignoring it until its files change.")]
    partial void LogUnreadable(string module, Type exceptionType);

    [LoggerMessage(LogLevel.Warning, "Could not index module {Module} ({ExceptionType}); ignoring it until its files change.")]
    partial void LogRefused(string module, Type exceptionType);

    [LoggerMessage(LogLevel.Warning, "Could not update the module index ({ExceptionType}); retrying.")]
    partial void LogLater(Type exceptionType);
}
