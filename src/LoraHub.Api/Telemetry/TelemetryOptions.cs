using System.ComponentModel.DataAnnotations;

namespace LoraHub.Api.Telemetry;

/// <summary>Metrics and traces.</summary>
public sealed class TelemetryOptions
{
    public const string Section = "Telemetry";

    /// <summary>
    /// The OpenTelemetry collector that receives traces and metrics by OTLP over HTTP, such as <c>http://localhost:4318</c>. OpenTelemetry's own
    /// variables set headers and sampling (<c>OTEL_EXPORTER_OTLP_HEADERS</c>, <c>OTEL_TRACES_SAMPLER</c>). Default: none; nothing leaves the machine.
    /// </summary>
    [RegularExpression(@"^https?://\S+$", ErrorMessage = "use a URL such as http://localhost:4318")]
    public string? Otlp { get; init; }

    /// <summary>Whether the service answers <c>/metrics</c>, for Prometheus. Default: true.</summary>
    public bool Metrics { get; init; } = true;
}
