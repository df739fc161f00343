using System.Collections.Concurrent;
using System.Collections.Frozen;
using LoraHub.Core.Threading;
using LoraHub.Modules.Library;
using LoraHub.Modules.Versions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LoraHub.Storage.Distributed.Modules;

/// <summary>
/// Keeps the modules in the data folders of all processes the same. What is put into an API node's folder, or changed there, is published; what is
/// published is fetched by every process that lacks it or has an older version of it, earlier versions too. A folder that was never published, on
/// a worker, is that worker's own and stays. What the store of an API node removes goes everywhere; what is only taken out of a folder stays
/// published, and comes back.
/// </summary>
/// <param name="publishes">Whether this process publishes what its folder holds.</param>
sealed partial class ModuleSync(Broker broker, PublishedModules published, LocalModules local, bool publishes, ILogger<ModuleSync> logger)
    : BackgroundService, IModuleExchange
{
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(10), TimeLimit = TimeSpan.FromSeconds(5);

    readonly SemaphoreSlim _turn = new(1);
    readonly SharedCheck _check = new(TimeSpan.FromMilliseconds(250), TimeProvider.System);
    volatile FrozenSet<string>? _published; // null before the first look
    ulong _fetched; // up to where published modules were fetched
    readonly ConcurrentDictionary<string, string> _looked = new(StringComparer.Ordinal); // the stamps of the modules that were looked at

    public Task FetchAsync(CancellationToken cancellationToken) =>
        broker.RetryAsync(token => SyncAsync(publish: false, token), cancellationToken);

    public Task FetchNewAsync(CancellationToken cancellationToken) =>
        _check.RunAsync(() => TrySyncAsync(publish: false, CancellationToken.None, newOnly: true), cancellationToken);

    public bool IsPublished(string id) => _published?.Contains(id) ?? true;

    public Task ShareAsync(CancellationToken cancellationToken) =>
        !publishes || (local.List().All(id => _looked.GetValueOrDefault(id) == StampOf(id)) && local.Removals().Count == 0)
            ? Task.CompletedTask
            : TrySyncAsync(publish: true, cancellationToken);

    public Task ShareAsync(string id, CancellationToken cancellationToken) =>
        broker.RetryAsync(token => ShareOneAsync(id, token), cancellationToken);

    public override void Dispose()
    {
        base.Dispose();
        _turn.Dispose();
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Periodic.RunAsync(
        Interval,
        TimeProvider.System,
        stopping => SyncAsync(publishes, stopping),
        exception => LogLater(exception.GetType()),
        firstAtOnce: true,
        stoppingToken);

    /// <param name="newOnly">Whether only modules that were published since the last run are fetched, whatever has become of the others here.</param>
    internal async Task SyncAsync(bool publish, CancellationToken cancellationToken, bool newOnly = false)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (publish)
            {
                await PublishAllAsync(cancellationToken);
            }

            var known = (await published.ListAsync(cancellationToken)).ToArray();
            if (newOnly && published.Position == _fetched)
            {
                return;
            }

            _published = known.Select(module => module.Key).ToFrozenSet(StringComparer.Ordinal);
            foreach (var id in published.Removed.Keys.ToArray())
            {
                await TryAsync(id, () => RemoveAsync(id, cancellationToken));
            }

            foreach (var (id, module) in known.Where(module => !newOnly || module.Value.Revision > _fetched))
            {
                await TryAsync(id, () => FetchAsync(module, cancellationToken));
            }

            _fetched = published.Position;
        }
        finally
        {
            _turn.Release();
        }
    }

    async Task TrySyncAsync(bool publish, CancellationToken cancellationToken, bool newOnly = false)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeLimit);
        try
        {
            await SyncAsync(publish, limit.Token, newOnly);
        }
        catch (Exception exception) when (Broker.IsTransient(exception) && !cancellationToken.IsCancellationRequested)
        {
            LogLater(exception.GetType());
        }
    }

    /// <summary>Publishes a module of this process, or its removal, whether or not it publishes the others.</summary>
    async Task ShareOneAsync(string id, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (local.Removals().Contains(id))
            {
                await published.RemoveAsync(id, cancellationToken);
                local.ForgetRemoval(id);
            }

            while (local.Has(id) && local.FindMark(id)?.Stamp != local.StampOf(id)) // again when another node was faster
            {
                await published.ListAsync(cancellationToken);
                await PublishAsync(id, cancellationToken);
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>A module that is broken or being written does not stop the others; it is retried the next time.</summary>
    async Task TryAsync(string id, Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            LogSkipped(id, exception.Message);
        }
    }

    async Task PublishAllAsync(CancellationToken cancellationToken)
    {
        foreach (var id in local.Removals())
        {
            await published.RemoveAsync(id, cancellationToken);
            local.ForgetRemoval(id);
        }

        await published.ListAsync(cancellationToken);
        foreach (var id in local.List())
        {
            await TryAsync(id, () => PublishAsync(id, cancellationToken));
        }
    }

    async Task PublishAsync(string id, CancellationToken cancellationToken)
    {
        var (stamp, earlierStamp, whole) = (local.StampOf(id), local.EarlierStampOf(id), StampOf(id));
        var mark = local.FindMark(id);
        if (mark?.Stamp == stamp && published.Removed.ContainsKey(id))
        {
            return; // it goes here too
        }

        if (mark?.Stamp == stamp && mark.EarlierStamp == earlierStamp && published.Knows(id)) // a server that has lost its disk is given it again
        {
            _looked[id] = whole;
            return;
        }

        var here = local.Read(id);
        if (here.Problem() is { } problem)
        {
            _looked[id] = whole;
            throw new InvalidDataException(problem);
        }

        var known = (await published.ListAsync(cancellationToken)).GetValueOrDefault(id);
        var life = known?.Manifest?.Life ?? published.Removed.GetValueOrDefault(id);
        var module = ManifestMerge.Of(here with { Life = life }, mark?.Version, known?.Manifest);
        if (module.Equals(known?.Manifest) || await published.PublishAsync(module, FilesOf(here), known, cancellationToken))
        {
            local.Mark(id, new ModuleMark(here with { Life = life }, stamp, earlierStamp));
            _looked[id] = whole;
            LogPublished(id);
        }
    }

    IEnumerable<(ModuleFile File, string Path)> FilesOf(ModuleManifest here)
    {
        var current = ModuleFiles.Digest(here.Files);
        return (here.Earlier ?? []).Select(version => version.Files).Append(here.Files)
            .SelectMany(files => files.Select(file => (file, local.PathOf(here.Id, ModuleFiles.Digest(files), current, file.Name))));
    }

    async Task RemoveAsync(string id, CancellationToken cancellationToken)
    {
        if (local.Has(id) && local.FindMark(id)?.Stamp == local.StampOf(id))
        {
            await local.RemoveAsync(id, cancellationToken);
            LogRemoved(id);
        }
    }

    async Task FetchAsync(PublishedModule module, CancellationToken cancellationToken)
    {
        if (module.Manifest is not { } version)
        {
            return; // it was refused
        }

        var isHere = local.Has(version.Id);
        var mark = isHere ? local.FindMark(version.Id) : null;
        if (isHere && (mark is null || mark.Stamp != local.StampOf(version.Id) || version.Equals(mark.Version)))
        {
            return; // it is this process's own, or the same
        }

        if (mark is not null && mark.Version.Life != version.Life)
        {
            await local.RemoveAsync(version.Id, cancellationToken); // it was removed and published again: the versions of before are gone
            mark = null;
        }

        await local.TakeAsync(version, mark, published.GetAsync, cancellationToken);
        LogFetched(version.Id);
    }

    string StampOf(string id) => $"{local.StampOf(id)}\n{local.EarlierStampOf(id)}";

    [LoggerMessage(LogLevel.Information, "Removed module {Module}, which another process removed.")]
    partial void LogRemoved(string module);

    [LoggerMessage(LogLevel.Information, "Shared module {Module} with the other processes.")]
    partial void LogPublished(string module);

    [LoggerMessage(LogLevel.Information, "Fetched module {Module}.")]
    partial void LogFetched(string module);

    [LoggerMessage(LogLevel.Warning, "Could not synchronize module {Module}; retrying: {Reason}")]
    partial void LogSkipped(string module, string reason);

    [LoggerMessage(LogLevel.Debug, "Could not synchronize modules ({ExceptionType}); retrying.")]
    partial void LogLater(Type exceptionType);
}
