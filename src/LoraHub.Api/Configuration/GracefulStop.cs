using LoraHub.Api.Worker;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Configuration;

/// <summary>How the service comes to its end: first nothing more is begun, then what has begun has some time, then all is let go.</summary>
sealed class GracefulStop : IDisposable
{
    readonly CancellationTokenSource _over;
    readonly CancellationTokenRegistration _begin;

    public GracefulStop(IHostApplicationLifetime lifetime, IConfiguration configuration, IOptions<WorkerOptions> options, TimeProvider time)
    {
        Begun = lifetime.ApplicationStopping;
        var patience = configuration.Role() == Role.Api ? TimeSpan.Zero : options.Value.DrainTime; // nothing runs in an API node
        _over = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        _begin = Begun.Register(() => _over.CancelAfter(patience));
    }

    /// <summary>Fires when the service is asked to stop.</summary>
    public CancellationToken Begun { get; }

    /// <summary>Fires when the time is over.</summary>
    public CancellationToken Over => _over.Token;

    public void Dispose()
    {
        _begin.Dispose();
        _over.Dispose();
    }
}
