using LoraHub.Api.Models;
using LoraHub.Core.Deployments;
using LoraHub.Core.Predictions;
using LoraHub.Core.Telemetry;
using LoraHub.Core.Threading;
using LoraHub.Modules.Library;
using LoraHub.Modules.Versions;

namespace LoraHub.Api.Worker;

/// <summary>
/// Keeps loaded what deployments with <see cref="DeploymentRelease.MinInstances"/> of at least 1 serve, so that their first prediction after a pause
/// does not wait for it. What cannot be kept is tried again after a minute.
/// </summary>
sealed partial class PinnedModels(
    IPinnedVersions pinned,
    IPredictor predictor,
    Composer composer,
    ModuleLibrary library,
    WorkerState state,
    TimeProvider time,
    ILogger<PinnedModels> logger) : BackgroundService, IPredictionProgress
{
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(3), Retry = TimeSpan.FromMinutes(1);

    readonly Dictionary<PinnedVersion, IDisposable> _kept = [];
    readonly Dictionary<PinnedVersion, long> _failed = []; // when; the clock's timestamps

    /// <summary>The logs of loading belong to no prediction.</summary>
    public void Log(string line)
    {
    }

    public void Measure(string name, double value)
    {
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await state.SetupEnded.WaitAsync(stoppingToken);
            if (state.Setup.Status == SetupStatus.Succeeded)
            {
                await Periodic.RunAsync(
                    Interval, time, UpdateAsync, exception => LogUnread(exception.GetType()), firstAtOnce: true, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The setup has not ended; nothing is kept.
        }
        finally
        {
            Release(new HashSet<PinnedVersion>());
        }
    }

    async Task UpdateAsync(CancellationToken cancellationToken)
    {
        var wanted = await pinned.ReadAsync(cancellationToken);
        Release(wanted);
        foreach (var version in wanted.Where(version => !_kept.ContainsKey(version)))
        {
            if (!_failed.TryGetValue(version, out var failed) || time.GetElapsedTime(failed) >= Retry)
            {
                await OwnThread.RunAsync(() => Keep(version), CancellationToken.None);
                cancellationToken.ThrowIfCancellationRequested();
            }
        }

        Instruments.KeptLoaded.Record(_kept.Count);
    }

    void Release(IReadOnlySet<PinnedVersion> wanted)
    {
        foreach (var version in _kept.Keys.Where(version => !wanted.Contains(version)).ToArray())
        {
            _kept.Remove(version, out var lease);
            lease!.Dispose();
            LogReleased(version.Model, version.Version);
        }

        foreach (var version in _failed.Keys.Where(version => !wanted.Contains(version)).ToArray())
        {
            _failed.Remove(version);
        }
    }

    void Keep(PinnedVersion version)
    {
        try
        {
            if (Load(version) is { } lease)
            {
                _kept.Add(version, lease);
                _failed.Remove(version);
                LogKept(version.Model, version.Version);
                return;
            }

            LogNoRoom(version.Model, version.Version);
        }
        catch (Exception exception)
        {
            LogNotKept(version.Model, version.Version, exception is PredictionException ? exception.Message : $"{exception.GetType().Name}.");
        }

        _failed[version] = time.GetTimestamp();
    }

    /// <returns>Null if there is no room.</returns>
    /// <exception cref="PredictionException">It cannot be loaded.</exception>
    IDisposable? Load(PinnedVersion version)
    {
        var name = composer.IsNamed(version.Model) ? library.Bases.DefaultId : version.Model;
        if (library.Bases.IsInstalled(name))
        {
            return predictor.Keep(name, version: null, this);
        }

        return library.Find(new ModuleReference(name, version.Version)) is { } module
            ? predictor.Keep(module.BaseModel, new ModuleUse(name, version.Version), this)
            : throw new PredictionException("it is not in the module library of this worker.");
    }

    [LoggerMessage(LogLevel.Information, "Keeping {Model} loaded, version {Version}.")]
    partial void LogKept(string model, string version);

    [LoggerMessage(LogLevel.Information, "Released {Model}, version {Version}: no deployment keeps it loaded.")]
    partial void LogReleased(string model, string version);

    [LoggerMessage(
        LogLevel.Warning,
        "Could not keep {Model} loaded, version {Version}: the memory limits are reached (Inference:ModelCacheBytes, Inference:ModuleCacheBytes).")]
    partial void LogNoRoom(string model, string version);

    [LoggerMessage(LogLevel.Warning, "Could not keep {Model} loaded, version {Version}: {Reason}")]
    partial void LogNotKept(string model, string version, string reason);

    [LoggerMessage(LogLevel.Debug, "Could not read which versions to keep loaded ({ExceptionType}); retrying.")]
    partial void LogUnread(Type exceptionType);
}
