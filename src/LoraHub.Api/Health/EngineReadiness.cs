using LoraHub.Core;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace LoraHub.Api.Health;

/// <summary>Checks every external part of the storage engine.</summary>
sealed partial class EngineReadiness(IEnumerable<IEngineHealth> engine, ILogger<EngineReadiness> logger) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            var problems = await Task.WhenAll(engine.Select(part => part.CheckAsync(cancellationToken))).WaitAsync(cancellationToken);
            return problems.Any(problem => problem is not null)
                ? HealthCheckResult.Unhealthy(string.Join(' ', problems.OfType<string>()))
                : HealthCheckResult.Healthy();
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return HealthCheckResult.Unhealthy("The storage engine did not answer its health check in time.");
        }
        catch (Exception exception)
        {
            // Without the exception's message, which may quote a connection string.
            LogFailed(exception.GetType(), exception.StackTrace);
            return HealthCheckResult.Unhealthy("The storage engine's health check failed; see the service's log.");
        }
    }

    [LoggerMessage(LogLevel.Error, "The storage engine's health check failed: {ExceptionType}\n{StackTrace}")]
    partial void LogFailed(Type exceptionType, string? stackTrace);
}
