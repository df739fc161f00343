using LoraHub.Api.Worker;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace LoraHub.Api.Health;

/// <summary>Reports the worker's setup and its access to the queue.</summary>
/// <param name="worker">Null in a process without a worker, which is always ready.</param>
sealed class WorkerReadiness(WorkerState? worker = null) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var problem = worker?.Setup switch
        {
            { Status: SetupStatus.Starting } => "The model is being loaded.",
            { Status: SetupStatus.Failed } setup => $"The setup failed: {setup.Error}",
            _ => worker?.Problem,
        };
        return Task.FromResult(problem is null ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy(problem));
    }
}
