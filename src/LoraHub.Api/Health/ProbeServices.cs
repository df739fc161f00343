using LoraHub.Core.Telemetry;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace LoraHub.Api.Health;

/// <summary>Liveness and readiness probes for an orchestrator. Each answers with one line of text.</summary>
static class ProbeServices
{
    const string Ready = "ready";

    static readonly TimeSpan EngineTimeout = TimeSpan.FromSeconds(5);

    public static IServiceCollection AddProbes(this IServiceCollection services)
    {
        services.AddHealthChecks()
            .AddCheck<NotStopping>("process", tags: [Ready])
            .AddCheck<WorkerReadiness>("worker", tags: [Ready])
            .AddCheck<EngineReadiness>("engine", tags: [Ready], timeout: EngineTimeout);
        return services
            .AddSingleton<IHealthCheckPublisher, ReadinessGauge>()
            .Configure<HealthCheckPublisherOptions>(publisher =>
            {
                publisher.Predicate = check => check.Tags.Contains(Ready);
                publisher.Delay = TimeSpan.FromSeconds(1);
                publisher.Period = TimeSpan.FromSeconds(10);
            });
    }

    public static void MapProbes(this IEndpointRouteBuilder routes)
    {
        routes.Map("/health/live", _ => false, "live");
        routes.Map("/health/ready", check => check.Tags.Contains(Ready), "ready");
    }

    static void Map(this IEndpointRouteBuilder routes, string path, Func<HealthCheckRegistration, bool> checks, string healthy) => routes
        .MapHealthChecks(path, new HealthCheckOptions { Predicate = checks, ResponseWriter = (http, report) => WriteAsync(http, report, healthy) })
        .AllowAnonymous() // probes have no token
        .DisableHttpMetrics()
        .ExcludeFromDescription();

    static Task WriteAsync(HttpContext http, HealthReport report, string healthy)
    {
        var problems = report.Entries.Values.Where(check => check.Status != HealthStatus.Healthy).Select(check => check.Description);
        http.Response.ContentType = "text/plain; charset=utf-8";
        return http.Response.WriteAsync($"{(report.Status == HealthStatus.Healthy ? healthy : string.Join(' ', problems))}\n", http.RequestAborted);
    }

    /// <summary>Records readiness as a metric, for alerts.</summary>
    sealed class ReadinessGauge : IHealthCheckPublisher
    {
        public Task PublishAsync(HealthReport report, CancellationToken cancellationToken)
        {
            Instruments.Ready.Record(report.Status == HealthStatus.Healthy ? 1 : 0);
            return Task.CompletedTask;
        }
    }
}
