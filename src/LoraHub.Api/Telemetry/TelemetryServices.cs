using LoraHub.Api.Models;
using LoraHub.Core.Outbound;
using LoraHub.Core.Telemetry;
using Microsoft.AspNetCore.Http.Features;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace LoraHub.Api.Telemetry;

/// <summary>Configures metrics and traces.</summary>
static class TelemetryServices
{
    const string Path = "/metrics";

    static readonly PathString[] MonitoringPaths = [Path, "/health", "/health-check"];

    /// <summary>
    /// Adds only the exporters that are set. Without <see cref="TelemetryOptions.Otlp"/> no spans are collected; without it and
    /// <see cref="TelemetryOptions.Metrics"/> nothing is measured.
    /// </summary>
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
            .ConfigureResource(resource => resource.AddService("lorahub", serviceVersion: Composer.ProgramVersion))
            .WithMetrics(metrics => metrics.AddInstruments(options));
        if (options.Otlp is { } otlp)
        {
            telemetry.WithTracing(traces => traces.AddSpans(otlp));
        }

        services.AddHostedService<FirstCounts>().AddHostedService<QueueGauges>();
    }

    /// <summary>Answers on the metrics' own port, if there is one. Call this before all other middleware: that port answers nothing else.</summary>
    /// <remarks>By the port of the connection: a client chooses the one in the Host header.</remarks>
    public static void UseMetricsPort(this WebApplication app)
    {
        if (Read(app.Configuration).MetricsPort is { } port)
        {
            app.MapWhen(http => http.Connection.LocalPort == port, metrics =>
            {
                metrics.Use((http, next) =>
                {
                    http.Features.Get<IHttpMetricsTagsFeature>()?.MetricsDisabled = true;
                    return next(http);
                });
                metrics.UseOpenTelemetryPrometheusScrapingEndpoint(Path);
                metrics.Run(http =>
                {
                    http.Response.StatusCode = StatusCodes.Status404NotFound;
                    return Task.CompletedTask;
                });
            });
        }
    }

    /// <remarks>Open to everyone who can reach the port, as the probes are: the metrics contain no client data.</remarks>
    public static void MapTelemetry(this WebApplication app)
    {
        if (Read(app.Configuration) is { Metrics: true, MetricsPort: null })
        {
            app.MapPrometheusScrapingEndpoint(Path).AllowAnonymous().DisableHttpMetrics().ExcludeFromDescription();
        }
    }

    internal static TelemetryOptions Read(IConfiguration configuration) =>
        configuration.GetSection(TelemetryOptions.Section).Get<TelemetryOptions>() ?? new();

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
        .AddAspNetCoreInstrumentation(http => http.Filter = context =>
            !MonitoringPaths.Any(path => context.Request.Path.StartsWithSegments(path, StringComparison.OrdinalIgnoreCase)))
        .AddProcessor<SpanRedaction>() // before the exporter
        .AddOtlpExporter(exporter => exporter.SendTo(otlp, "traces"));

    // Not UseOtlpExporter: it would also export the log, without LogRedaction.
    static void SendTo(this OtlpExporterOptions exporter, string otlp, string signal)
    {
        (exporter.Protocol, exporter.Endpoint) = (OtlpExportProtocol.HttpProtobuf, new Uri($"{otlp.TrimEnd('/')}/v1/{signal}"));
        exporter.HttpClientFactory = () =>
        {
            var http = new HttpClient { Timeout = TimeSpan.FromMilliseconds(exporter.TimeoutMilliseconds) };
            http.DefaultRequestHeaders.Add(OutboundHeaders.Mark, "1");
            return http;
        };
    }
}
