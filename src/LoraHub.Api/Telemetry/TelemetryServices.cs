using LoraHub.Api.Predictions;
using LoraHub.Core.Telemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace LoraHub.Api.Telemetry;

/// <summary>Metrics and traces for whoever watches the service.</summary>
static class TelemetryServices
{
    const string Path = "/metrics";

    static readonly PathString[] Watched = [Path, "/health", "/health-check"];

    /// <summary>What nobody is to see is not collected: without <see cref="TelemetryOptions.Otlp"/> there are no spans, and without any of the two nothing is measured.</summary>
    public static void AddTelemetry(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<TelemetryOptions>().BindConfiguration(TelemetryOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        var options = Read(builder.Configuration);
        if (!options.Metrics && options.Otlp is null)
        {
            return;
        }

        var telemetry = services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("lorahub", serviceVersion: ServedModel.ProgramVersion))
            .WithMetrics(metrics => metrics.AddInstruments(options));
        if (options.Otlp is { } otlp)
        {
            telemetry.WithTracing(traces => traces.AddSpans(otlp));
        }

        services.AddHostedService<FirstCounts>().AddHostedService<QueueGauges>();
    }

    /// <remarks>Open to everyone who reaches the port, as the probes are: what it says holds nothing of any client.</remarks>
    public static void MapTelemetry(this WebApplication app)
    {
        if (Read(app.Configuration).Metrics)
        {
            app.MapPrometheusScrapingEndpoint(Path).AllowAnonymous().DisableHttpMetrics().ExcludeFromDescription();
        }
    }

    static TelemetryOptions Read(IConfiguration configuration) => configuration.GetSection(TelemetryOptions.Section).Get<TelemetryOptions>() ?? new();

    static void AddInstruments(this MeterProviderBuilder metrics, TelemetryOptions options)
    {
        metrics.AddMeter(Instruments.Name, "Microsoft.AspNetCore.Hosting");
        if (options.Metrics)
        {
            metrics.AddPrometheusExporter();
        }

        if (options.Otlp is { } otlp)
        {
            metrics.AddOtlpExporter(exporter => exporter.SendTo(otlp, "metrics"));
        }
    }

    static void AddSpans(this TracerProviderBuilder traces, string otlp) => traces
        .AddSource(Instruments.Name)
        .AddAspNetCoreInstrumentation(http => http.Filter = context => !Watched.Any(path => context.Request.Path.StartsWithSegments(path, StringComparison.OrdinalIgnoreCase)))
        .AddProcessor<RequestDiscretion>() // before the exporter
        .AddOtlpExporter(exporter => exporter.SendTo(otlp, "traces"));

    // Not UseOtlpExporter: it would send the log, too, past Discretion.
    static void SendTo(this OtlpExporterOptions exporter, string otlp, string signal) =>
        (exporter.Protocol, exporter.Endpoint) = (OtlpExportProtocol.HttpProtobuf, new Uri($"{otlp.TrimEnd('/')}/v1/{signal}"));
}
