using Microsoft.Extensions.Options;

namespace LoraHub.Api.Worker;

/// <summary>The two phases of a shutdown: first the service starts no new work and drains the running work, then it cancels the rest.</summary>
sealed class GracefulStop : IDisposable
{
    readonly CancellationTokenSource _over;
    readonly CancellationTokenRegistration _registration;

    public GracefulStop(IHostApplicationLifetime lifetime, IConfiguration configuration, IOptions<WorkerOptions> options, TimeProvider time)
    {
        Requested = lifetime.ApplicationStopping;
        var drainTime = configuration.Role() == Role.Api ? TimeSpan.Zero : options.Value.DrainTime; // an API node runs no predictions
        _over = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        _registration = Requested.Register(() => _over.CancelAfter(drainTime));
    }

    /// <summary>Canceled when the service is asked to stop.</summary>
    public CancellationToken Requested { get; }

    /// <summary>Canceled when <see cref="WorkerOptions.DrainTime"/> has passed since then.</summary>
    public CancellationToken Over => _over.Token;

    public void Dispose()
    {
        _registration.Dispose();
        _over.Dispose();
    }
}
