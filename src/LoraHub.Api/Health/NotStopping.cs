using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace LoraHub.Api.Health;

/// <summary>Reports a stopping service as unhealthy, so that it gets no new work.</summary>
sealed class NotStopping(IHostApplicationLifetime lifetime) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(
        lifetime.ApplicationStopping.IsCancellationRequested ? HealthCheckResult.Unhealthy("The service is stopping.") : HealthCheckResult.Healthy());
}
