using LoraHub.Core;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace LoraHub.Api.Health;

/// <summary>Asks every part of the engine that can be out of reach.</summary>
sealed partial class EngineReadiness(IEnumerable<IEngineHealth> engine, ILogger<EngineReadiness> logger) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            var troubles = await Task.WhenAll(engine.Select(part => part.TroubleAsync(cancellationToken))).WaitAsync(cancellationToken);
            return troubles.Any(trouble => trouble is not null)
                ? HealthCheckResult.Unhealthy(string.Join(' ', troubles.OfType<string>()))
                : HealthCheckResult.Healthy();
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return HealthCheckResult.Unhealthy("The engine does not say in time how it is.");
        }
        catch (Exception exception)
        {
            // Without its message, here and there: that may quote a connection string.
            LogFailed(exception.GetType(), exception.StackTrace);
            return HealthCheckResult.Unhealthy("The engine cannot say how it is; the service's log says more.");
        }
    }

    [LoggerMessage(LogLevel.Error, "The engine could not be asked how it is: {ExceptionType}\n{StackTrace}")]
    partial void LogFailed(Type exceptionType, string? stackTrace);
}
