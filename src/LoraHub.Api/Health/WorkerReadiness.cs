using LoraHub.Api.Worker;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace LoraHub.Api.Health;

/// <param name="worker">Null in a process that has none: nothing to wait for.</param>
sealed class WorkerReadiness(WorkerState? worker = null) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var trouble = worker?.Setup.Status switch
        {
            SetupStatus.Starting => "The model is being loaded.",
            SetupStatus.Failed => "The setup failed; /health-check and the service's log say more.",
            _ => worker?.Trouble,
        };
        return Task.FromResult(trouble is null ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy(trouble));
    }
}
