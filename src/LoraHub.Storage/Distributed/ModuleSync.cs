using System.Collections.Concurrent;
using LoraHub.Core.Modules;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LoraHub.Storage.Distributed;

/// <summary>
/// Keeps the modules in the data folders of all processes the same. What is put into an API node's folder, or changed there, is published; what is published is
/// fetched by every process that lacks it or has an older version of it. A folder that was never published, on a worker, is that worker's own and stays. What is
/// taken out of a folder stays published, and comes back.
/// </summary>
/// <param name="publishes">Whether this process publishes what its folder holds.</param>
sealed partial class ModuleSync(Broker broker, PublishedModules published, LocalModules local, bool publishes, ILogger<ModuleSync> logger)
    : BackgroundService, IModuleSource
{
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(10), ShareWithin = TimeSpan.FromSeconds(5);

    readonly SemaphoreSlim _turn = new(1);
    readonly ConcurrentDictionary<string, string> _looked = new(StringComparer.Ordinal); // the stamps of the modules that were looked at

    public Task FetchAsync(CancellationToken cancellationToken) => broker.InsistAsync(
        async token =>
        {
            await SyncAsync(publish: false, token);
            return true;
        },
        cancellationToken);

    public async Task ShareAsync(CancellationToken cancellationToken)
    {
        if (!publishes || local.List().All(id => _looked.GetValueOrDefault(id) == local.StampOf(id)))
        {
            return;
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(ShareWithin);
        try
        {
            await SyncAsync(publish: true, limit.Token);
        }
        catch (Exception exception) when (Broker.IsTrouble(exception) && !cancellationToken.IsCancellationRequested)
        {
            LogLater(exception.GetType());
        }
    }

    public override void Dispose()
    {
        base.Dispose();
        _turn.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval);
        do
        {
            try
            {
                await SyncAsync(publishes, stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                LogLater(exception.GetType());
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    internal async Task SyncAsync(bool publish, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            foreach (var id in publish ? local.List() : [])
            {
                await TryAsync(id, () => PublishAsync(id, cancellationToken));
            }

            foreach (var (id, module) in (await published.ListAsync(cancellationToken)).ToArray())
            {
                await TryAsync(id, () => FetchAsync(module, cancellationToken));
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>One that is broken, or being written, holds up no other; the next time it is looked at again.</summary>
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

    async Task PublishAsync(string id, CancellationToken cancellationToken)
    {
        var stamp = local.StampOf(id);
        if (local.FindMark(id)?.Stamp == stamp)
        {
            _looked[id] = stamp;
            return;
        }

        var module = await ModuleManifest.ReadAsync(id, local.FolderOf(id), cancellationToken);
        if (module.Problem() is { } problem)
        {
            _looked[id] = stamp;
            throw new InvalidDataException(problem);
        }

        var known = (await published.ListAsync(cancellationToken)).GetValueOrDefault(id);
        if (module.Equals(known?.Manifest) || await published.PublishAsync(module, local.FolderOf(id), known, cancellationToken))
        {
            local.Mark(id, new ModuleMark(module, stamp));
            _looked[id] = stamp;
            LogPublished(id);
        }
    }

    async Task FetchAsync(PublishedModule module, CancellationToken cancellationToken)
    {
        if (module.Manifest is not { } version)
        {
            return; // it was refused
        }

        var isHere = ModuleManifest.IsModule(local.FolderOf(version.Id));
        var mark = isHere ? local.FindMark(version.Id) : null;
        var isOlder = mark is not null && !version.Equals(mark.Version) && mark.Stamp == local.StampOf(version.Id);
        if (isOlder || !isHere)
        {
            await local.ReplaceAsync(version, published.GetAsync, cancellationToken);
            LogFetched(version.Id);
        }
    }

    [LoggerMessage(LogLevel.Information, "The module {Module} is published to the other processes.")]
    partial void LogPublished(string module);

    [LoggerMessage(LogLevel.Information, "The module {Module} was fetched.")]
    partial void LogFetched(string module);

    [LoggerMessage(LogLevel.Warning, "The module {Module} is left out for now: {Reason}")]
    partial void LogSkipped(string module, string reason);

    [LoggerMessage(LogLevel.Debug, "Modules cannot be compared with the server's now: {ExceptionType}")]
    partial void LogLater(Type exceptionType);
}
